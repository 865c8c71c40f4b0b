"""The attacks one after the other, and the table of what became of them."""

from collections.abc import Callable
from typing import NamedTuple, TextIO

import requests

from tests.attack import availability, credentials, messages_of_http, redirects, within
from tests.attack.target import NotHeld, NotTried, Target

HELD, NOT_HELD, NOT_TRIED = "held", "GAVE IN", "not tried"


class Attack(NamedTuple):
    name: str
    run: Callable[[Target], str]


class Outcome(NamedTuple):
    name: str
    result: str
    detail: str


# Those that use up limits come last.
ATTACKS = (
    Attack("Bodies that never come", availability.hold_bodies),
    Attack("Heads that never end", availability.hold_heads),
    Attack("Idle connections", availability.hold_connections),
    Attack("Readers that read nothing", availability.read_nothing),
    Attack("Forms of 90,000 fields", availability.send_many_fields),
    Attack("JSON that costs", availability.send_costly_json),
    Attack("Requests read in two ways", messages_of_http.read_twice),
    Attack("Another host’s name", messages_of_http.name_another_host),
    Attack("Odd addresses and methods", credentials.try_traces),
    Attack("Pages in frames", credentials.embed_pages),
    Attack("Forms of other sites", credentials.send_forms_of_other_sites),
    Attack("Errors of authorize as redirects", redirects.follow_errors_of_authorize),
    Attack("Sign-in that leads elsewhere", redirects.follow_next),
    Attack("Descriptions on its own machine", redirects.let_it_fetch_itself),
    Attack("Names of several lines", within.write_between_the_lines),
    Attack("Mail to many strangers", within.write_to_strangers),
    Attack("Mail to one person", within.write_to_one_person),
    Attack("No credential, or none that is one", credentials.come_without_credential),
    Attack("Sessions without end", credentials.open_many_sessions),
    Attack("Guessed passwords", credentials.guess_a_password),
)


def run_attacks(target: Target, output: TextIO) -> bool:
    """Run all, write a line for each as it ends; returns whether all that could be tried were held."""
    output.write(f"{'Attack':36}{'Result':12}What was seen\n")
    outcomes = []
    for attack in ATTACKS:
        outcomes.append(outcome := run_attack(attack, target))
        output.write(f"{outcome.name:36}{outcome.result:12}{outcome.detail}\n")
        output.flush()
    return all(outcome.result != NOT_HELD for outcome in outcomes)


def run_attack(attack: Attack, target: Target) -> Outcome:
    try:
        return Outcome(attack.name, HELD, attack.run(target))
    except NotTried as reason:
        return Outcome(attack.name, NOT_TRIED, str(reason))
    except NotHeld as effect:
        return Outcome(attack.name, NOT_HELD, str(effect))
    except requests.RequestException as error:
        return Outcome(attack.name, NOT_HELD, f"no answer: {type(error).__name__}")
