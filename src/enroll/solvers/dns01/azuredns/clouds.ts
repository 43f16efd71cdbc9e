/** Where each cloud of Azure is called. */
import type { AzureDnsSpec } from '../../../../api/issuer/dns01/azuredns.ts'

export interface AzureCloud {
  /** Microsoft Entra ID. */
  readonly login: string
  /** Azure Resource Manager, which is also whom tokens are for. */
  readonly management: string
}

export const clouds: Readonly<Record<NonNullable<AzureDnsSpec['environment']>, AzureCloud>> = {
  AzurePublicCloud: { login: 'https://login.microsoftonline.com', management: 'https://management.azure.com' },
  AzureChinaCloud: { login: 'https://login.chinacloudapi.cn', management: 'https://management.chinacloudapi.cn' },
  AzureGermanCloud: { login: 'https://login.microsoftonline.de', management: 'https://management.microsoftazure.de' },
  AzureUSGovernmentCloud: {
    login: 'https://login.microsoftonline.us',
    management: 'https://management.usgovcloudapi.net',
  },
}
