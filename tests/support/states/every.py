"""All states of the pages. One that is added here is judged by axe and drawn by `make pictures`."""

from tests.support.states.account import ACCOUNT
from tests.support.states.activity import ACTIVITY
from tests.support.states.apps import APPS
from tests.support.states.documents import DOCUMENTS
from tests.support.states.keys import KEYS
from tests.support.states.overview import OVERVIEW

STATES = {"overview": OVERVIEW, "keys": KEYS, "activity": ACTIVITY, "apps": APPS, "account": ACCOUNT, "documents": DOCUMENTS}
