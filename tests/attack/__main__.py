"""Attack an installation, and print what held: `make attack URL=http://127.0.0.1:8000`.

With EMAIL, PASSWORD and KEY in the environment, of an account made for this, the attacks from within are tried too.
An installation of somebody else's is never to be attacked, so an address that is not of this machine needs `--yes-it-is-mine`.
"""

import argparse
import os
import sys

from tests.attack.run import run_attacks
from tests.attack.target import Target


def main() -> int:
    parser = argparse.ArgumentParser(prog="make attack", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--yes-it-is-mine", action="store_true", help="The address is not of this machine, and yours.")
    options = parser.parse_args()
    environment = {name: os.environ.get(name.upper(), "") for name in ("email", "password", "key")}
    target = Target(options.url.rstrip("/"), **environment)
    if not target.is_loopback and not options.yes_it_is_mine:
        parser.error(f"{target.host} is not this machine. If it is yours, say so: --yes-it-is-mine.")
    return 0 if run_attacks(target, sys.stdout) else 1


if __name__ == "__main__":
    sys.exit(main())
