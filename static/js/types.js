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
 * @property {string[]} [query_labels]
 * @property {string[]} [key_labels]
 * @property {PartValue} [embedding]
 * @property {PartValue} [projection]
 * @property {Record<string, any>} [spec]
 */

/** @typedef {string | number | {kind: string, [parameter: string]: any}} PartValue */

/**
 * @typedef {object} Answer
 * @property {Request} request the one that was answered
 * @property {{query: string[], key: string[]}} tokens
 * @property {Matrix} scores masked cells are NaN; of a head made of several, one for each
 * @property {Matrix} weights masked cells are NaN
 * @property {Matrix} outputs rows without any key are NaN
 * @property {{head: number, query: number}[]} emptyRows
 * @property {{code: string, message: string}[]} notes
 * @property {Record<string, any>} spec resolved
 * @property {Flags} flags
 * @property {string} device
 * @property {string} dtype
 * @property {number} computeMs
 */

/**
 * What is true of the weights, whatever the inputs.
 * @typedef {object} Flags
 * @property {boolean} row_stochastic each row sums to one
 * @property {boolean} signed a weight may be negative
 * @property {boolean} shift_invariant a constant added to a row of scores changes nothing
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
 * @property {number} member whose scores are shown, of a head made of several
 * @property {Cell | null} cell the pinned one
 * @property {PanelName} panel where it was pinned
 * @property {Pointed | null} pointed under the pointer
 * @property {Explained | null} explained
 * @property {Zoom | null} zoom
 * @property {Comparison | null} compare null while one mechanism is looked at
 * @property {Outcome[]} outcomes what each column got
 */

/**
 * The specs of all columns. The selected one's is out of date: it stands in the request.
 * @typedef {{specs: Record<string, any>[], selected: number}} Comparison
 */

/**
 * @typedef {object} Outcome
 * @property {Request} request the latest that was asked
 * @property {Answer | null} answer the latest that was given
 * @property {Problem | null} problem
 * @property {boolean} isBusy
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
 * @property {number | null} bias null where it is −∞
 * @property {{head: number, factor: number, score: number | null}[] | null} premixed
 * @property {boolean} allowed
 * @property {number | null} score
 * @property {number} temperature
 * @property {(number | null)[]} row_scores
 * @property {number[]} row_weights before heads are combined
 * @property {number | null} row_maximum
 * @property {number | null} lse
 * @property {Record<string, number | null>} row_state numbers of the row, by name
 * @property {{head: number, factor: number, weight: number}[] | null} combined
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
 * @property {string | null} [score_mathml] what it makes of the score, where that is its own
 * @property {PanelName | null} [panel] whose formula it tells
 * @property {Record<string, any>} parameters JSON Schema of an object
 * @property {{title: string, url: string} | null} [source]
 * @property {Record<string, boolean>} flags
 * @property {string[]} [aliases] other names
 * @property {Record<string, any>} [starter] what the choice starts with
 */

/** @typedef {{title: string, summary: string, default: string, multiple: boolean, choices: Choice[]}} Part */

/**
 * @typedef {object} Catalogue
 * @property {Record<string, Part>} parts
 * @property {Record<string, any>} spec JSON Schema
 * @property {{id: string, title: string, summary: string, spec: Record<string, any>}[]} presets
 */

export {};
