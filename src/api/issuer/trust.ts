/** `spec.trustBundle` and `spec.rollover`: whom relying parties are to trust, and what happens when the CA changes. */
import { z } from 'zod'
import { nameOf } from '../meta.ts'
import { placed, ruled } from '../rule.ts'
import { list, text, timestamp } from '../schema.ts'
import { durationFrom, secretKey } from '../texts.ts'

const configMap = z
  .object({
    name: nameOf((name) => ({ trustBundle: { configMap: { name } } }), 'The name of the ConfigMap.'),
    key: ruled(
      text(253, 'The entry of the ConfigMap. ca.crt when not given.'),
      placed(secretKey, (key) => ({ trustBundle: { configMap: { name: 'bundle', key } } })),
    ).exactOptional(),
  })
  .meta({
    description:
      "A ConfigMap in the Issuer's namespace (for a ClusterIssuer: in the operator's) that Perennial makes and keeps.",
  })

const trustBundle = z
  .object({
    configMap: configMap.exactOptional(),
    clusterTrustBundle: z.boolean().exactOptional().meta({
      description:
        'Publish a ClusterTrustBundle too, which pods mount by its signer name. For ClusterIssuers, in clusters that have the kind.',
    }),
  })
  .meta({
    description:
      'Where the roots of this CA are published for whoever has to trust its certificates: those that count now, those that are announced, and those that were replaced for as long as they are needed.',
  })

const duration = (field: string, description: string): z.ZodString =>
  ruled(
    text(32, description),
    placed(durationFrom('10s'), (value) => ({ rollover: { [field]: value } })),
  )

const rollover = z
  .object({
    reissue: z.enum(['Staged', 'AtRenewal']).exactOptional().meta({
      description:
        'What becomes of certificates that a replaced CA issued. Staged (the default): they are re-issued, spread over a time. AtRenewal: they are left alone until they are due.',
    }),
    delay: duration(
      'delay',
      'How long the new CA is published before the first certificate is re-issued, so that everybody trusts it by then. 1h when not given.',
    ).exactOptional(),
    spread: duration(
      'spread',
      'Over how long the certificates are re-issued, in equal shares. 1h when not given.',
    ).exactOptional(),
    keep: duration(
      'keep',
      'How long a replaced CA stays published after the last of its certificates is gone. 24h when not given.',
    ).exactOptional(),
  })
  .meta({ description: 'What happens when the CA changes.' })

export const trustMembers = {
  trustBundle: trustBundle.exactOptional(),
  rollover: rollover.exactOptional(),
}

const authority = z
  .object({
    subject: text(512, 'Its name.'),
    role: z.enum(['Root', 'Intermediate']).meta({ description: 'Whether it signed itself.' }),
    state: z.enum(['Current', 'Next', 'Former']).meta({
      description: 'Current: it counts now. Next: the CA has announced it. Former: it was replaced.',
    }),
    since: timestamp('Since when it is in that state.'),
    trustedBy: z.enum(['Settings', 'Connection', 'Predecessor']).exactOptional().meta({
      description:
        'Why a root is believed. Settings: a pin, a bundle or a Secret of the spec. Predecessor: the CA before it signed it, or the announcement of it. Connection: the first that a server showed whom TLS had verified.',
    }),
    fingerprintSHA256: text(64, 'SHA-256 of its certificate, where that is known.').exactOptional(),
    keyId: text(128, 'Its subject key identifier.').exactOptional(),
    notAfter: timestamp('When it expires.').exactOptional(),
    certificate: text(16_384, 'Its certificate in PEM, of a root and of one that was announced.').exactOptional(),
    publishedAt: timestamp('When the trust bundle first had it.').exactOptional(),
    unusedSince: timestamp('Of one that was replaced: since when no Certificate here leads to it.').exactOptional(),
  })
  .meta({ description: 'A certificate of the CA.' })

const published = z
  .object({
    configMap: text(253, 'The name of the ConfigMap.').exactOptional(),
    configMapKey: text(253, 'The entry of the ConfigMap.').exactOptional(),
    clusterTrustBundle: text(253, 'The name of the ClusterTrustBundle.').exactOptional(),
    certificates: z.int().min(0).max(1000).meta({ description: 'How many roots are published.' }),
  })
  .meta({ description: 'The trust bundle as it was last published.' })

export const trustStatusMembers = {
  authorities: list(authority, {
    max: 32,
    description: 'The CA: its certificates that count now, those that are coming and those that went.',
  }).exactOptional(),
  authoritiesHash: text(64, 'A hash of the settings with which the CA was found.').exactOptional(),
  trustBundle: published.exactOptional(),
}
