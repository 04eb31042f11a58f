// @ts-check
/** The shapes of the data that the modules hand to each other; types only. */

/**
 * Numbers over [head, query, key] or [head, query, dim].
 * @typedef {{shape: number[], data: Float32Array}} Matrix
 */

/**
 * A body of POST /api/v1/attention. It is also the page's own record of what to show.
 * @typedef {object} Request
 * @property {string} [text]
 * @property {string[]} [tokens]
 * @property {string} [context_text]
 * @property {string[]} [context]
 * @property {number[][]} [query]
 * @property {number[][]} [key]
 * @property {number[][]} [value]
 * @property {PartValue} [embedding]
 * @property {PartValue} [projection]
 * @property {Record<string, any>} [spec]
 */

/** @typedef {string | number | {kind: string, [parameter: string]: any}} PartValue */

/**
 * @typedef {object} Answer
 * @property {Request} request the one that was answered
 * @property {{query: string[], key: string[]}} tokens
 * @property {Matrix} scores masked cells are NaN
 * @property {Matrix} weights masked cells are NaN
 * @property {Matrix} outputs rows without any key are NaN
 * @property {{head: number, query: number}[]} emptyRows
 * @property {{code: string, message: string}[]} notes
 * @property {Record<string, any>} spec resolved
 * @property {string} device
 * @property {string} dtype
 * @property {number} computeMs
 */

/**
 * @typedef {object} Problem
 * @property {number} status zero when the server was not reached
 * @property {string} title
 * @property {string} detail
 * @property {{loc: (string | number)[], message: string}[]} errors
 * @property {string} [limit]
 * @property {number} [actual]
 * @property {number} [max]
 */

/** @typedef {"scores" | "weights" | "outputs"} PanelName */

/** @typedef {{head: number, query: number, key: number}} Cell */

/** @typedef {{head: number, query: number, column: number, panel: PanelName}} Pointed */

/** @typedef {{key: [number, number] | null, query: [number, number] | null, dim: [number, number] | null}} Zoom */

/**
 * @typedef {object} State
 * @property {Request} request
 * @property {Answer | null} answer
 * @property {Problem | null} problem
 * @property {boolean} isBusy
 * @property {number | "all"} head
 * @property {Cell | null} cell the pinned one
 * @property {PanelName} panel where it was pinned
 * @property {Pointed | null} pointed under the pointer
 * @property {Explained | null} explained
 * @property {Zoom | null} zoom
 */

/**
 * The arithmetic of one cell, as the API gives it.
 * @typedef {object} Explained
 * @property {number} head
 * @property {number} query
 * @property {number} key
 * @property {number[]} left
 * @property {number[]} right
 * @property {number[]} terms
 * @property {number} product
 * @property {number} scale
 * @property {number} offset
 * @property {number | null} softcapped
 * @property {number} bias
 * @property {boolean} allowed
 * @property {number} score
 * @property {number} temperature
 * @property {(number | null)[]} row_scores
 * @property {number | null} row_maximum
 * @property {number | null} lse
 * @property {number} weight
 * @property {number[]} value
 * @property {number[]} share
 */

/**
 * @typedef {object} Choice
 * @property {string} kind
 * @property {string} title
 * @property {string} summary
 * @property {string} formula
 * @property {string} [mathml]
 * @property {Record<string, any>} parameters JSON Schema of an object
 * @property {{title: string, url: string} | null} [source]
 * @property {Record<string, boolean>} flags
 */

/** @typedef {{title: string, summary: string, default: string, multiple: boolean, choices: Choice[]}} Part */

/**
 * @typedef {object} Catalogue
 * @property {Record<string, Part>} parts
 * @property {Record<string, any>} spec JSON Schema
 * @property {{id: string, title: string, summary: string, spec: Record<string, any>}[]} presets
 */

export {};
