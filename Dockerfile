# Debian, not Alpine: the CEL library has wheels for glibc only.
FROM python:3.14-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/agent-sudo
ENV PATH=/opt/agent-sudo/bin:$PATH
WORKDIR /src
# The lists change seldom, the code often: one layer each.
COPY requirements/runtime.txt requirements/
RUN pip install --require-hashes -r requirements/runtime.txt
COPY . .
RUN pip install --no-deps --no-build-isolation . && pip uninstall --yes pip

FROM python:3.14-slim
# A user of its own, without a login: no agent on this host shares its id.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin agent-sudo \
    && install -d -o agent-sudo -g agent-sudo -m 0700 /data
COPY --from=build /opt/agent-sudo /opt/agent-sudo
# Inside a container loopback reaches nobody, so it listens on every address. It refuses to, without TLS, until
# AGENT_SUDO_BEHIND_PROXY=1 says that something guards the way. Whoever publishes the port knows whether that is
# true, so the image does not say it:
#   docker run -e AGENT_SUDO_BEHIND_PROXY=1 -p 127.0.0.1:8787:8787 -v agent-sudo:/data agent-sudo
ENV PATH=/opt/agent-sudo/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    AGENT_SUDO_HOME=/data \
    AGENT_SUDO_HOST=0.0.0.0 \
    AGENT_SUDO_PORT=8787
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-I", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['AGENT_SUDO_PORT'] + '/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-I", "-m", "app.cli"]
CMD ["serve"]
