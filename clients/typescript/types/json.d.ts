/**
 * The JSON text of exactly this value. Throws PermissionDenied.
 *
 * JSON.stringify leaves out functions, writes NaN as null and a Map as {}: nobody could decide about what is not shown.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function encode(value: unknown, depth?: number): string;
/**
 * The object in a text; undefined where there is none.
 *
 * @param {string} text
 * @returns {Record<string, any> | undefined}
 */
export function read(text: string): Record<string, any> | undefined;
/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
export function isObject(value: unknown): value is Record<string, any>;
