"""The order of the house as data: who may import whom, from top to bottom."""

INTERFACES = ("api", "connectors", "oauth", "portal")
ENTRIES = ("wsgi", "worker", "product")
# What all interfaces share of HTTP: below them and above calmboard.
SHARED = "web"
CORE = "calmboard"
PRODUCT = (*ENTRIES, *INTERFACES, SHARED, CORE)

# From top to bottom: each room of a package imports only itself and those below it.
ROOMS = {
    "calmboard": (
        "operations",
        "exchange",
        "work",
        "events",
        "access",
        "models",
        "queue",
        "mail",
        "preconditions",
        "outgoing",
        "pagination",
        "replica",
        "prepared",
        "leases",
        "db",
        "engines",
        "range_lock",
        "texts",
        "clock",
        "errors",
        "ids",
        "settings",
        "extensions",
        "logs",
    ),
    "calmboard.access": (
        "request_log",
        "request_record",
        "audit_reading",
        "idempotency",
        "kept_forms",
        "credentials",
        "oauth",
        "providers",
        "permissions",
        "project_locks",
        "reads",
        "limits",
        "plans",
        "audit",
        "scopes",
        "access",
        "secret_format",
        "signing",
    ),
    "api": (
        "session_auth",
        "leak_reports",
        "github_reports",
        "postman",
        "mcp",
        "resources",
        "health",
        "docs",
        "framework",
        "shapes",
    ),
    "api.mcp": (
        "tools",
        "shapes",
        "mcp_catalogue",
        "content",
        "protocol",
        "tool_calls",
        "arguments",
        "registry",
        "schemas",
        "answers",
        "quotes",
        "calls",
    ),
}

# Rooms side by side, each a capability of the pages: one shows rows of another and the other way round, by modules in no circle.
SIDE_BY_SIDE = ("portal",)

# Flask in calmboard is its application, which database, queue and commands are bound to; never a request.
FLASK_APP_MODULES = (
    "calmboard.operations.cli",
    "calmboard.operations.jobs",
    "calmboard.access.reads",
    "calmboard.access.request_log.writer",
    "calmboard.db",
    "calmboard.extensions",
    "calmboard.queue",
)
FLASK_APP_NAMES = ("flask.Flask", "flask.current_app", "flask.globals.app_ctx", "flask.cli")
HTTP_PACKAGES = ("flask", "flask_limiter", "flask_login", "flask_wtf", "granian", "werkzeug", "wtforms")

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 25
MAX_FOLDER_FILES = 15

# Folders of tests that mirror no folder of the product: judged is the whole, or the house itself.
UNMIRRORED_TESTS = ("attack", "house", "mutants", "pictures", "product", "support")
# Programs of others that speak with one interface; they lie in its folder.
EXTERNAL_CLIENTS = "external_clients"
# The ways in which people use an interface, each played from its beginning to its end; they lie in its folder.
WALKS = "walks"
