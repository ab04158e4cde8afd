import { z } from 'zod';
import { isAddress, isSubnet } from '../addresses.ts';

/** Text with a form of its own: names, addresses, references to secrets. */
function text(options: {
  readonly fault: (value: string) => string | null;
  /** What it is, with its article. */
  readonly title: string;
  readonly example: string;
  readonly pattern?: string;
  /** For what is no text at all; else the general sentence, which repeats the value. */
  readonly mistyped?: string;
}) {
  const { fault, title, example, pattern, mistyped } = options;
  return z
    .string({ error: ({ input }) => (input === undefined || input === null ? undefined : mistyped) })
    .superRefine((value, context) => {
      const message = fault(value);
      if (message !== null) context.issues.push({ code: 'custom', input: value, message });
    })
    .meta({ title, examples: [example], ...(pattern === undefined ? {} : { pattern }) });
}

/** At most so long: names become parts of job ids, file names and DNS labels (RFC 1035 §2.3.4: 63 octets). */
const nameLengthMax = 63;
const namePattern = `^[A-Za-z0-9][A-Za-z0-9._-]{0,${nameLengthMax - 1}}$`;

export const entityName = (example: string) =>
  text({
    title: 'a name',
    example,
    pattern: namePattern,
    fault: (value) => {
      if (value.length > nameLengthMax)
        return `name has ${value.length} characters, ${nameLengthMax} are allowed`;
      return new RegExp(namePattern).test(value)
        ? null
        : `'${value}' is not a name: letters, digits, '.', '_' and '-', beginning with a letter or digit`;
    },
  });

/** An absolute DNS name without its final dot (RFC 1123 §2.1). */
export const dnsName = (example: string) =>
  text({
    title: 'a DNS name',
    example,
    fault: (value) => {
      if (value.endsWith('.')) return `'${value}' ends in a dot; names here are absolute without it`;
      const labels = value.split('.');
      const isName =
        value.length <= 253 && labels.every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label));
      return isName ? null : `'${value}' is not a DNS name`;
    },
  });

export const address = (example: string) =>
  text({
    title: 'an IPv4 address',
    example,
    fault: (value) => (isAddress(value) ? null : `'${value}' is not an IPv4 address`),
  });

export const subnet = (example: string) =>
  text({
    title: 'an IPv4 prefix',
    example,
    fault: (value) => (isSubnet(value) ? null : `'${value}' is not an IPv4 subnet with its host bits zero`),
  });

/** '52:54:00:12:34:56'; lower case when read. */
export const macAddress = () =>
  text({
    title: 'a MAC address',
    example: '52:54:00:12:34:56',
    pattern: '^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$',
    fault: (value) => {
      if (!/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/i.test(value)) return `'${value}' is not a MAC address`;
      if (Number.parseInt(value.slice(0, 2), 16) % 2 === 1) return `'${value}' is a multicast MAC address`;
      return value === '00:00:00:00:00:00' ? `'${value}' is nobody's MAC address` : null;
    },
  });

/** '10.1.0.100-10.1.0.199', both included. */
export const addressRange = () =>
  text({
    title: 'a range of IPv4 addresses',
    example: '10.1.0.100-10.1.0.199',
    fault: (value) => (rangeOf(value) === null ? `'${value}' is not a range of IPv4 addresses` : null),
  });

export function rangeOf(value: string): { readonly first: string; readonly last: string } | null {
  const [first, last, ...rest] = value.split('-').map((part) => part.trim());
  if (first === undefined || last === undefined || rest.length > 0) return null;
  return isAddress(first) && isAddress(last) ? { first, last } : null;
}

const inlineSecret = 'a secret is not written into a file; only a reference env:NAME or file:PATH is';

/** A secret is referred to, never written here. The complaint does not repeat what it found: it may be the secret. */
export const secret = (example: string) =>
  text({
    title: 'a reference to a secret',
    example,
    mistyped: inlineSecret,
    pattern: '^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$',
    fault: (value) => (/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/.test(value) ? null : inlineSecret),
  });

/** For mappings that hold a secret: what stands in their place may be the secret itself, so it is not repeated. */
export const unrepeated = {
  error: (issue: z.core.$ZodRawIssue) =>
    issue.code === 'invalid_type' && issue.input !== null ? 'is not a mapping (key: value)' : undefined,
};

const loopbackHosts = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The address of an agent: https, or http on loopback. */
export const agentUrl = (example: string) =>
  text({
    title: 'an https URL',
    example,
    fault: (value) => {
      const url = parsedUrl(value, ['http:', 'https:']);
      if (url === null) return 'is not an http or https URL';
      if (url.username !== '' || url.password !== '')
        return 'holds a user or password; a URL here holds neither';
      if (url.protocol === 'http:' && !loopbackHosts.test(url.hostname))
        return `'${value}' would send the token unencrypted to another machine`;
      return null;
    },
  });

/** The address of a control interface: http(s), tcp or a unix socket. */
export const endpointUrl = (example: string) =>
  text({
    title: 'an http, https, tcp or unix URL',
    example,
    fault: (value) => {
      const url = parsedUrl(value, ['http:', 'https:', 'tcp:', 'unix:']);
      if (url === null) return 'is not an http, https, tcp or unix URL';
      return url.username === '' && url.password === ''
        ? null
        : 'holds a user or password; a URL here holds neither';
    },
  });

function parsedUrl(value: string, protocols: readonly string[]): URL | null {
  if (!URL.canParse(value)) return null;
  const url = new URL(value);
  return protocols.includes(url.protocol) ? url : null;
}

/** 'site/network'. */
export const networkReference = (example: string) =>
  text({
    title: 'site/network',
    example,
    fault: (value) =>
      /^[^/]+\/[^/]+$/.test(value) ? null : `'${value}' does not name a site and one of its networks`,
  });
