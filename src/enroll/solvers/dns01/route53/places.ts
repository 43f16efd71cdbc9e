/** Where AWS is called. Route 53 has one place in each partition: https://docs.aws.amazon.com/general/latest/gr/r53.html */

export interface AwsPlaces {
  /** Of the calls to STS. */
  readonly region: string
  readonly sts: string
  readonly route53: string
  /** What calls to Route 53 are signed for, whatever the region. */
  readonly route53Region: string
}

const fallback = 'us-east-1'

/** @param wish - a region; what has not the form of one would become a part of host names, and is not used */
export function placesOf(wish: string | undefined): AwsPlaces {
  const region = wish !== undefined && /^[a-z]{2,4}(?:-[a-z]+)+-\d+$/.test(wish) ? wish : fallback
  if (region.startsWith('cn-')) {
    const sts = `https://sts.${region}.amazonaws.com.cn`
    return { region, sts, route53: 'https://route53.amazonaws.com.cn', route53Region: 'cn-northwest-1' }
  }
  const sts = `https://sts.${region}.amazonaws.com`
  if (region.startsWith('us-gov-'))
    return { region, sts, route53: 'https://route53.us-gov.amazonaws.com', route53Region: 'us-gov-west-1' }
  return { region, sts, route53: 'https://route53.amazonaws.com', route53Region: 'us-east-1' }
}
