// Tells the server the reader's time zone, so that days and times on the next page are theirs.
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`calmboard_timezone=${zone}`)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `calmboard_timezone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
