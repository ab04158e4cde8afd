import { LonghaulError } from '../../topology/errors.ts';

/** No connection came about: nothing of the call has reached the agent, and nothing of it will. */
export class CallNotDelivered extends LonghaulError {
  constructor(site: string, why: string, cause?: unknown) {
    super('LH_AGENT_UNREACHABLE', [site, why], { cause });
  }
}

/**
 * Before a byte of a call was sent: the resolver or connect(2) failed, or undici's deadline for it passed. A call that is
 * under way may end with the same codes (ICMP tells an open connection EHOSTUNREACH, too), but not in these system calls.
 */
export function isWithoutConnection(cause: unknown): boolean {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  return code === 'UND_ERR_CONNECT_TIMEOUT' || syscall === 'connect' || syscall === 'getaddrinfo';
}

/** What we showed, where it was over TLS. */
type Shown = { readonly client: object | null } | null;

/** Why an agent was not reached, and what to do about it where that can be known. */
export function whyUnreachable(cause: unknown, tls: Shown): string {
  const { code = '' } = cause as { readonly code?: string };
  const advice =
    certificateAdvice[code] ?? (tls !== null && closedCodes.has(code) ? closedAdvice(tls) : null);
  return advice === null ? systemWords(cause) : `${systemWords(cause)}; ${advice}`;
}

const untrusted = "'certificateAuthority' of the topology has not signed its certificate";

/** Of Node's codes for a certificate that was shown to us: X509_verify_cert_error_string(3). */
const certificateAdvice: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'renew the certificate of the agent',
  CERT_NOT_YET_VALID: 'the clock here or there is wrong, or its certificate is for later',
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID:
    "reach it by a name of its certificate ('url' of the topology), or renew that",
};

/** With TLS 1.3 a server that refuses our certificate does so after our side of the handshake: it just hangs up. */
const closedCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function closedAdvice({ client }: NonNullable<Shown>): string {
  return client === null
    ? "if it asks its callers for certificates: none is shown ('client' of its agent in the topology)"
    : 'if it asks its callers for certificates: ours has expired, or another authority signed it; its log says which';
}

/** undici hides the address and the system's word in nested causes. */
function systemWords(cause: unknown): string {
  const { message, code } = cause as Error & { readonly code?: string };
  const inner =
    cause instanceof AggregateError ? (cause.errors as Error[]).map((error) => error.message) : [];
  return [message, ...inner].filter((text) => text !== '').join('; ') || (code ?? 'unknown error');
}
