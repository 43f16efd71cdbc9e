/** The version of this build; the release process keeps it equal to package.json, and a test checks. */
export const version = '0.1.0'
