"""New keys for Airflow: what seals its connections, and what its logins and tasks are signed with."""

import subprocess
from collections.abc import Callable, Mapping

from pipeline.errors import JawabdehiError
from pipeline.secrets import begin_key, finish_key, refuse_given
from pipeline.settings import Settings
from pipeline.up import only_airflow_of

_SIGNING = ("jwt_secret", "api_secret_key")


def renew_airflow_keys(
    settings: Settings, environ: Mapping[str, str], find_environment: Callable[[], Mapping[str, str]]
) -> None:
    """Replace Airflow's keys while it is not at work; whoever is logged in has to log in again.

    `find_environment` gives the environment that Airflow runs in, with the keys as they are when it is called. A run
    that was killed is finished by the next. Raises UsageError where Airflow is at work on this home or a key comes
    from the environment.
    """
    names = ("fernet_key", *_SIGNING)
    with only_airflow_of(settings.airflow_home):
        refuse_given(names, environ)
        for name in names:
            begin_key(settings.secrets, name)
        done = subprocess.run(
            ["airflow", "rotate-fernet-key"],  # noqa: S607 (PATH begins with our own programs)
            env=dict(find_environment()),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise JawabdehiError(
                "Airflow cannot seal its connections anew: bring up its database with jawabdehi up, then try again."
            )
        for name in names:
            finish_key(settings.secrets, name)
