/** One project per kind of test, so that `npx jest --selectProjects unit` runs one of them. */
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } } }] },
}
const project = (displayName) => ({ ...base, displayName, testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`] })

export default {
  projects: ['unit', 'contract', 'sim', 'kube', 'arch', 'fuzz', 'integration', 'e2e'].map(project),
}
