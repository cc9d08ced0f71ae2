export { mayContinue, nothingDelivered, withDelta, type MayContinue } from './may-continue.js';
export { nextCut, type FailedStream } from './next-cut.js';
export { joined, Seam, type SeamState } from './seam.js';
