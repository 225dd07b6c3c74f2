// What the playground can learn: points, worked examples of books, digits, a table of one's own.

/**
 * @typedef {{sizes: number[], activations: string[], points: number[][], targets: number[][], loss: string,
 *   rate: number, weights?: number[][][] | null, biases?: number[][] | null}} Example a network as it stands in a book
 * @typedef {{columns: string[], class: string, classes: string[], left_out: string[], points: number[][],
 *   targets: number[][], held_out: number, mean: number[], scale: number[]}} Table as the server read it
 */

export const DIGITS = "digits";
export const TABLE = "a table of your own";
const TURN = 2.399963; // the golden angle, by which seeds of a sunflower follow each other

/** @type {Record<string, () => [number[][], number[][]]>} points and what they are: 0 or 1 */
export const POINTS = {
  XOR: () => [[[-1, -1], [-1, 1], [1, -1], [1, 1]], [[0], [1], [1], [0]]],
  "two halves": () => scatter((x, y) => x + 0.6 * y > 0.1),
  circle: () => scatter((x, y) => x * x + y * y < 0.8),
  moons: () => {
    const at = Array.from({ length: 24 }, (_, i) => (Math.PI * i) / 23);
    const upper = at.map((t) => [Math.cos(t) - 0.5, Math.sin(t) - 0.25]);
    const lower = at.map((t) => [0.5 - Math.cos(t), 0.25 - Math.sin(t)]);
    return [[...upper, ...lower], [...upper.map(() => [0]), ...lower.map(() => [1])]];
  },
};

/** @type {Record<string, Example>} worked examples of books, one point each */
export const BOOKS = {
  "the notes' example": {
    sizes: [1, 1, 1], activations: ["sigmoid", "sigmoid"], points: [[0.1]], targets: [[1]],
    weights: [[[0.15]], [[0.25]]], biases: [[0.4], [0.5]], loss: "mean-squares", rate: 0.5,
  },
  "Mazur's two layers": {
    sizes: [2, 2, 2], activations: ["sigmoid", "sigmoid"], points: [[0.05, 0.1]], targets: [[0.01, 0.99]],
    weights: [[[0.15, 0.2], [0.25, 0.3]], [[0.4, 0.45], [0.5, 0.55]]], biases: [[0.35, 0.35], [0.6, 0.6]],
    loss: "half-squares", rate: 0.5,
  },
};

/** Points on a sunflower's spiral, the same each time. @param {(x: number, y: number) => boolean} isOne @returns {[number[][], number[][]]} */
function scatter(isOne) {
  const points = Array.from({ length: 60 }, (_, i) => {
    const r = 1.35 * Math.sqrt((i + 0.5) / 60);
    return [r * Math.cos(TURN * i), r * Math.sin(TURN * i)];
  });
  return [points, points.map(([x, y]) => [Number(isOne(x, y))])];
}

/** @param {number} kind of a class @param {number} many classes there are @returns {string} its color */
export const colorOf = (kind, many) =>
  many === 2 ? ["var(--minus)", "var(--plus)"][kind] : `hsl(${Math.round((360 * kind) / many + 20)} 50% 52%)`;
