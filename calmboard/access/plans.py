"""Plans: whether a person may use the integration APIs, and how much."""

from dataclasses import dataclass

from calmboard.access.access import Access
from calmboard.errors import PaidPlanRequired
from calmboard.settings import RateLimit, Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """`log_days`: how long the log keeps a request of theirs."""

    slug: str
    name: str
    includes_apis: bool
    max_keys: int
    log_days: int


PLANS = {
    plan.slug: plan
    for plan in (
        Plan("free", "Free", includes_apis=False, max_keys=0, log_days=7),
        Plan("pro", "Pro", includes_apis=True, max_keys=50, log_days=7),
        Plan("business", "Business", includes_apis=True, max_keys=500, log_days=30),
    )
}


def rate_limit_of(plan_slug: str, settings: Settings) -> RateLimit | None:
    """The rate limit of one credential on this plan; None where the plan does not include the APIs."""
    return settings.rates.get(plan_slug)


def require_paid_plan(access: Access) -> None:
    plan = PLANS[access.user.plan]
    if not plan.includes_apis:
        raise PaidPlanRequired(
            f"{plan.name} does not include integration APIs.",
            hint="The key is kept and works again after an upgrade.",
        )
