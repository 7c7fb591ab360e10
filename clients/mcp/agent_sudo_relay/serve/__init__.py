"""A server of our own: files of one workspace, a shell, fetching. It knows no policy: it stands behind the relay."""
