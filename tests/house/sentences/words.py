"""One word, one form: what the sentences of CalmBoard do not say, with what they say instead."""

# Whose strings people read: pages, mails, messages, and what commands print.
ROOMS_WITH_SENTENCES = ("portal", "oauth", "calmboard", "api", "connectors", "web")

# As regular expressions.
WORDS = {
    r"\b[Ee]mails?\b|\bE-Mail\b|\beMail\b": "e-mail",
    r"(?<!-)\b[Mm]ails\b": "e-mails",
    r"\b[Ll]og(?:ged|ging|s)?[ -](?:in|on|off)\b|\b[Ll]og(?:ged|ging)? out\b|\b[Ll]ogins?\b|\b[Ll]ogouts?\b": "sign in, sign out",
    r"\b[Ss]ign(?:ing|ed)?[ -]up\b|\b[Ss]ignup\b": "make an account",
    r"\b[Pp]eople\b|\b[Pp]ersons\b": "members, where those of a project are meant",
    r"\b[Uu]sers?\b": "person, or member",
    r"\b[Pp]ermissions?\b|\b[Pp]rivileges?\b": "right, or scope for programs",
    r"\b(?:api|Api)[ -][Kk]eys?\b|\bAPI-keys?\b|\bAPI Keys?\b|\b[Aa]ccess keys?\b": "API key",
    r"\b[Dd]elet\w+ (?:an? |the |this |your |its |these )?(?:API )?keys?\b": "revoke",
    r"\b(?:[Dd]isabl|[Dd]eactivat|[Ss]uspend)\w+ (?:an? |the |this |your |its )?(?:API )?keys?\b": "pause",
    r"\b[Pp]lease\b": "(leave it out)",
    r"\b[Oo]ops\b|\b[Ss]orry\b|\b[Uu]nfortunately\b|\b[Ww]hoops\b": "(say what is)",
    r"\b[Ss]uccess(?:ful|fully)\b": "(leave it out)",
    r"(?<!-)\b[Ii]nvalid\b": "(say what is wrong with it)",
    r"\b[Aa]re you sure\b": "(ask with the name of the thing)",
    r"\b[Cc]lick here\b": "(name where the link leads)",
    r"(?<=\w)!(?=\s|$|”)": "(a full stop)",
    r"\bJavascript\b": "JavaScript",
    r"\bGithub\b": "GitHub",
    r"\bOauth\b|\bOAuth2\b|\bOauth2\b": "OAuth",
    r"\b[Cc]olors?\b": "colour",
    r"\b[Bb]ehaviors?\b": "behaviour",
    r"\b[Cc]anceled\b": "cancelled",
    r"\b[Ss]etup\b": "set-up",
    r"\banew\b": "again",
    r"\b[Dd]ropdown\b|\b[Pp]opup\b|\b[Mm]odal\b": "menu, dialog",
}

# Where a word stands rightly: the start of the path, what stands around the word, and why.
ALLOWED = (
    ("README.md", r"people", "all who use CalmBoard, in whatever project; and the operator's command of that name"),
    ("docs/", r"[Pp]eople", "all who use CalmBoard, beside programs and agents"),
    ("calmboard/operations/", r"people", "the operator's command of that name, and the demo people"),
    ("calmboard/access/oauth/client_metadata.py", r"the people who make it", "the makers of an application"),
    ("templates/docs/_authentication.html", r"act for many people", "those who use an application of others"),
    ("templates/apps/", r"[Pp]eople", "all who let an application of somebody's in"),
    ("portal/apps/own/", r"[Pp]eople", "all who let an application of somebody's in"),
    ("api/mcp/", r"[Pp]eople", "the field and the arguments of that name; and the readers of release notes"),
    ("api/shapes/", r"[Pp]eople", "those on a task, who may be members no longer; and readers, beside programs"),
    ("api/resources/", r"these people", "those on a task, who may be members no longer"),
    ("api/docs/openapi.py", r"for people", "readers, beside programs"),
    ("docs/", r"[Pp]ermission", "the room of that name; and what a finder of a fault needs none of"),
    ("connectors/slack/", r"Permissions", "a menu of Slack"),
    ("portal/shared/security.py", r"Permissions-Policy", "a header"),
    ("portal/agents/installs.py", r"mcp login|--scope user", "what is typed into a terminal"),
    ("oauth/consent/authorize.py", r"consent, login", "a value of the parameter prompt"),
    ("api/postman/", r"`email`|email:", "a variable, and the script that reads it"),
    ("api/framework/", r"Invalid", "what the reader of JSON says, which is looked up here"),
    ("calmboard/models/__init__.py", r"User", "a class"),
)
