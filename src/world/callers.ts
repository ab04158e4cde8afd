import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { LonghaulError } from '../../topology/errors.ts';

/** Whether an `Authorization` header shows the token, as a bearer token or as the password of any user. */
export function showsToken(header: string | undefined, token: string): boolean {
  const [scheme, credentials = ''] = (header ?? '').split(' ');
  if (scheme === 'Bearer') return isEqual(credentials, token);
  if (scheme !== 'Basic') return false;
  const text = Buffer.from(credentials, 'base64').toString();
  return isEqual(text.slice(text.indexOf(':') + 1), token);
}

/** Refuses to listen where strangers can reach it without being asked who they are. */
export function requireProtection(
  { host, port }: { readonly host: string; readonly port: number },
  isProtected: boolean,
): void {
  if (!isProtected && !isLoopback(host))
    throw new LonghaulError('LH_LISTEN_UNPROTECTED', [`${host}:${port}`]);
}

export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const version = isIP(host);
  if (version === 0) return false;
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return loopback.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

/** In constant time: digests of equal length are compared, not the texts. */
function isEqual(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
