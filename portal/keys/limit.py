"""How many keys a plan still holds: said before the form for one more, where few or none are left."""

from dataclasses import dataclass

from calmboard.access.plans import PLANS, Plan


@dataclass(frozen=True, slots=True)
class KeyLimit:
    """`in_use` are the keys that count: all that are not revoked."""

    plan: Plan
    in_use: int

    @property
    def is_reached(self) -> bool:
        return self.in_use >= self.plan.max_keys

    @property
    def is_near(self) -> bool:
        """The last tenth of what the plan holds, from where on the count is shown."""
        return self.in_use * 10 >= self.plan.max_keys * 9

    @property
    def sentence(self) -> str:
        """“50 of 50 keys.”"""
        return f"{self.in_use:,} of {self.plan.max_keys:,} keys."

    @property
    def larger_plan(self) -> Plan | None:
        """The next one that holds more."""
        larger = (plan for plan in PLANS.values() if plan.max_keys > self.plan.max_keys)
        return min(larger, key=lambda plan: plan.max_keys, default=None)
