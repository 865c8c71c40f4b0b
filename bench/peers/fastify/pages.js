// Pages of a list: found by the last row of the one before (keyset pagination).
export const querystring = {
  type: "object",
  properties: { limit: { type: "integer", minimum: 1, maximum: 100, default: 25 }, cursor: { type: "string" } },
};

export function page(resource) {
  return {
    type: "object",
    properties: {
      data: { type: "array", items: resource },
      has_more: { type: "boolean" },
      next_cursor: { type: ["string", "null"] },
    },
  };
}

// What every id of a list comes behind where there is no cursor.
export function readCursor(cursor) {
  return cursor ? Buffer.from(cursor, "base64url").toString() : "";
}

export function pageOf(rows, limit) {
  const data = rows.slice(0, limit);
  const hasMore = rows.length > limit;
  return { data, has_more: hasMore, next_cursor: hasMore ? Buffer.from(data.at(-1).id).toString("base64url") : null };
}
