// Whether a program of x86-64 was built with optimisation: a peer that was not is no peer.

/** At -O0 a function puts what it is given onto its stack first thing; optimised, hardly any does. */
const unoptimisedShare = 0.2;
const framesMin = 20;
const lookedAtBytes = 16;

/** `program`: the whole file. True as well where nothing can be told: another kind of processor, too few functions. */
export function isOptimised(program: Uint8Array): boolean {
  // push %rbp; mov %rsp,%rbp
  const frame = Buffer.from([0x55, 0x48, 0x89, 0xe5]);
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  let frames = 0;
  let storing = 0;
  for (let at = bytes.indexOf(frame); at >= 0; at = bytes.indexOf(frame, at + 4)) {
    frames++;
    if (storesArgument(bytes.subarray(at + 4, at + 4 + lookedAtBytes))) storing++;
  }
  return frames < framesMin || storing / frames < unoptimisedShare;
}

/** mov %rdi or %edi to what %rbp points at. */
function storesArgument(code: Uint8Array): boolean {
  for (let at = 0; at + 1 < code.length; at++)
    if (code[at] === 0x89 && (code[at + 1] === 0x7d || code[at + 1] === 0xbd)) return true;
  return false;
}
