// JSON that means exactly what the tool is given, and answers with one meaning.

import { PermissionDenied } from "./errors.js";

const DEEPEST = 200;

/**
 * The JSON text of exactly this value. Throws PermissionDenied.
 *
 * JSON.stringify leaves out functions, writes NaN as null and a Map as {}: nobody could decide about what is not shown.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function encode(value, depth = 0) {
  if (depth > DEEPEST) throw unfit("something nested without end");
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    if (/\p{Surrogate}/u.test(value)) throw unfit("half a character");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw unfit(String(value));
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${Array.from(value, (one) => encode(one, depth + 1)).join(",")}]`;
  if (value instanceof Date && !Number.isNaN(value.valueOf())) return JSON.stringify(value.toISOString());
  if (typeof value !== "object") throw unfit(`a ${typeof value}`);
  const kind = Object.getPrototypeOf(value);
  if (kind !== null && kind !== Object.prototype) throw unfit(`an object of ${kind.constructor?.name ?? "a class"}`);
  if (Object.getOwnPropertySymbols(value).length) throw unfit("an object with a symbol");
  // Who leaves an option undefined leaves it out.
  const given = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${given.map(([name, one]) => `${encode(name)}:${encode(one, depth + 1)}`).join(",")}}`;
}

/** @param {string} what */
function unfit(what) {
  return new PermissionDenied(`This call cannot be sent as it is: it holds ${what}.`, "not_json");
}

/**
 * The object in a text; undefined where there is none.
 *
 * @param {string} text
 * @returns {Record<string, any> | undefined}
 */
export function read(text) {
  try {
    const document = JSON.parse(text);
    return isObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
