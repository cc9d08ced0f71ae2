export { mayContinue, nothingDelivered, withDelta, type MayContinue } from './may-continue.js';
export { joined, Seam, type SeamState } from './seam.js';
