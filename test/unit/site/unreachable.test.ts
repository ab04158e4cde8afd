import { expect, test } from 'vitest';
import { isWithoutConnection } from '../../../src/site/unreachable.ts';

const failed = (code: string, syscall?: string): Error => Object.assign(new Error(code), { code, syscall });

test.each([
  ['nobody listens', failed('ECONNREFUSED', 'connect'), true],
  ['no such name', failed('ENOTFOUND', 'getaddrinfo'), true],
  ['the connection did not come about in time', failed('UND_ERR_CONNECT_TIMEOUT'), true],
  ['a router told an open connection that the path is gone', failed('EHOSTUNREACH', 'read'), false],
  ['an open connection was written to', failed('EPIPE', 'write'), false],
  ['the other end hung up', failed('UND_ERR_SOCKET'), false],
])('whether a call certainly never left: %s', (_case, cause, isCertain) => {
  expect(isWithoutConnection(cause)).toBe(isCertain);
});
