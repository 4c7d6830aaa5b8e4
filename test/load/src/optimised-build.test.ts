// How a build without optimisation is told, by functions as compilers write them.
import { expect, test } from 'vitest';
import { isOptimised } from './optimised-build.ts';

const frame = [0x55, 0x48, 0x89, 0xe5];
/** sub $0x20,%rsp; mov %edi,-0x14(%rbp); mov %rsi,-0x20(%rbp): at -O0. */
const storing = [
  ...frame,
  0x48,
  0x83,
  0xec,
  0x20,
  0x89,
  0x7d,
  0xec,
  0x48,
  0x89,
  0x75,
  0xe0,
  0x90,
  0xc9,
  0xc3,
];
/** lea (%rdi,%rsi),%eax; pop %rbp: with -fno-omit-frame-pointer at -O2. */
const computing = [...frame, 0x8d, 0x04, 0x37, 0x5d, 0xc3, ...Array.from({ length: 12 }, () => 0x90)];

const program = (plain: number, stored: number): Uint8Array =>
  Uint8Array.from([
    ...Array.from({ length: plain }, () => computing).flat(),
    ...Array.from({ length: stored }, () => storing).flat(),
  ]);

test('functions that put their arguments on the stack first are those of a build without optimisation', () => {
  expect(isOptimised(program(10, 60))).toBe(false);
});

test('frame pointers alone are no sign of it, nor are a few functions of another kind', () => {
  expect(isOptimised(program(60, 0))).toBe(true);
  expect(isOptimised(program(60, 5))).toBe(true);
});

test('too few functions say nothing', () => {
  expect(isOptimised(program(0, 5))).toBe(true);
});
