"""What may be shown of a container by a template."""

import pytest

from app.core.classify.shell.inspected import INSPECTED


@pytest.mark.parametrize(
    "template",
    [
        "{{.State.Status}}",
        "{{ json .State.Health }}",
        "{{.Name}} {{.RestartCount}}",
        "{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{$v.IPAddress}}{{println}}{{end}}",
        '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}',
        "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}",
        '{{range .Mounts}}{{.Source}}{{"\\n"}}{{end}}',
    ],
)
def test_fields_that_tell_no_settings_are_shown(template: str) -> None:
    assert INSPECTED.fullmatch(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{.}}",
        "{{json .}}",
        "{{json .Config}}",
        "{{.Config.Env}}",
        "{{.Args}}",
        "{{.HostConfig.LogConfig}}",
        "{{range .Config.Env}}{{.}}{{end}}",
        "{{range .Mounts}}{{json $.Config.Env}}{{end}}",
        "{{range $k, $v := $}}{{$v}}{{end}}",
        "{{$x := .}}{{$x.Config.Env}}",
        "{{with .State}}{{.}}{{end}}",
        '{{index . "Config"}}',
        '{{printf "%v" .}}',
        "{{call .State}}",
        '{{"\\"}} " .Config.Env "{{" "}}{{"x"}}',
        "{{.State.Status}}{{",
    ],
)
def test_what_could_show_the_environment_is_not(template: str) -> None:
    assert not INSPECTED.fullmatch(template)
