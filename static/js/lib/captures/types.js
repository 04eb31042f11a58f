// @ts-check
/** The shapes of what the API tells of captures and models, and of the explorer's state; types only. */

/** @import { Explained, Matrix, Problem } from "../../types.js" */

/**
 * @typedef {object} Token
 * @property {string} text what a person reads
 * @property {string} piece the tokenizer's own name of it
 * @property {"text" | "special" | "patch"} kind
 * @property {boolean} joins whether it goes on with the word before it
 * @property {[part: number, of: number] | null} part of a character that several tokens share
 * @property {[row: number, column: number] | null} place of a patch
 * @property {boolean} is_generated
 * @property {boolean} [is_coming] whether its place stands for it until its words are there
 */

/** @typedef {{query: Token[], key: Token[]}} Sides */
/** @typedef {{n_layers: number, n_heads: number, n_kv_heads: number | null, n_queries: number, n_keys: number}} Sizes */

/**
 * @typedef {object} Capture
 * @property {string} id
 * @property {string} name
 * @property {"queued" | "running" | "ready" | "failed"} state
 * @property {Record<string, any>} source
 * @property {{done: number, total: number, eta_s: number | null}} progress
 * @property {Record<string, Sizes>} kinds
 * @property {Record<string, Sides>} tokens
 * @property {Record<string, number>} n_given
 * @property {Record<string, (Record<string, any> | null)[]>} specs one a layer
 * @property {{code: string, message: string}[]} notes
 * @property {string | null} image
 * @property {Problem | null} problem
 */

/**
 * All heads of a kind as small pictures, one byte a cell.
 * @typedef {object} Grid
 * @property {string} kind
 * @property {[layers: number, heads: number, height: number, width: number]} shape
 * @property {Uint8Array} bytes
 * @property {number[][]} scale the largest weight of each head
 * @property {[queries: number, keys: number]} cell
 * @property {{queries: number} | null} sampled how many queries of each cell were looked at; null for all
 */

/**
 * A rectangle of one head. A cell of it may stand for several of the matrix.
 * @typedef {object} Region
 * @property {Place} of
 * @property {Matrix} weights of one head; masked cells are NaN
 * @property {Matrix | null} scores null where they are not known, or not as finely
 * @property {[from: number, to: number]} query
 * @property {[from: number, to: number]} key
 * @property {[queries: number, keys: number]} cell
 * @property {boolean} isExact whether each cell is one query and one key
 * @property {boolean} isRounded whether weights came as bytes, good for a picture only
 * @property {{queries: number, done: number} | null} sampled how many rows of each cell were looked
 *   at, and how many rows of the matrix are exact already; null where every row counts
 */

/**
 * The whole picture of a large head, which is computed once and then kept.
 * @typedef {object} Overview
 * @property {Place} of
 * @property {"none" | "waiting" | "running" | "ready" | "failed"} state
 * @property {boolean} needed false for a small head, which needs none
 * @property {number} done rows
 * @property {number} total
 * @property {number | null} eta_s
 * @property {{seconds: number | null, bytes: number, disk_bytes: number, fits: boolean, offer: {rectangle: [queries: number, keys: number] | null} | null} | null} estimate
 * @property {Problem | null} problem
 * @property {boolean} isLost whether the server was not heard for a while
 */

/** @typedef {{kind: string, layer: number, head: number}} Place */
/** @typedef {"from" | "to"} Direction whether heat is the row of the query, or the column of the key */
/** @typedef {{query: [number, number], key: [number, number]}} Window in tokens, ends left out */

/**
 * @typedef {object} Asked
 * @property {Place} of
 * @property {Window} window
 * @property {{largest: number, dtype: "f4" | "u1"}} weights
 * @property {{largest: number} | null} scores null where only weights are known
 */

/**
 * What one token looks at, or who looks at it: exact weights of a run of tokens.
 * @typedef {object} Heat
 * @property {string} of names the place, the direction and the token
 * @property {number} start the first token
 * @property {Float32Array} weights
 */

/**
 * @typedef {object} ExplorerState
 * @property {Capture | null} capture
 * @property {Problem | null} problem
 * @property {boolean} isBusy
 * @property {string} kind
 * @property {number} layer
 * @property {number} head
 * @property {number} query
 * @property {number | null} key
 * @property {Direction} direction
 * @property {boolean} isReplay whether what comes after the query is hidden
 * @property {Window | null} zoom null for the whole matrix
 * @property {Window | null} seen what was zoomed into and rests: words follow it; null for the whole
 * @property {Grid | null} grid
 * @property {Region | null} region
 * @property {Overview | null} overview of the chosen head, while its picture is sampled
 * @property {Heat | null} heat
 * @property {Explained | null} explained
 * @property {{row: number, column: number} | null} pointed a cell of the region
 */

/** @typedef {import("../../store.js").StoreOf<ExplorerState>} ExplorerStore */

/**
 * What a capture would take, told before it is made.
 * @typedef {object} Estimate
 * @property {{query: number, key: number} | null} n_tokens
 * @property {number | null} seconds
 * @property {number} bytes of memory, at most at once
 * @property {number} disk_bytes
 * @property {boolean} fits
 * @property {string | null} why it does not
 * @property {{layers: number[]} | null} offer what would fit, counted from zero
 */

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string} title
 * @property {"zoo" | "folder" | "hub"} source
 * @property {"loaded" | "here" | "not_downloaded" | "loading" | "failed"} state
 * @property {("text" | "image" | "pair")[]} accepts
 * @property {boolean} can_generate
 * @property {number | null} n_layers
 * @property {number | null} n_heads
 * @property {number | null} max_tokens
 * @property {number | null} n_bytes
 * @property {string} summary
 * @property {string[]} examples
 * @property {Problem | null} problem
 */

export {};
