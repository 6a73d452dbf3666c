/** Where every pod with a service account has its token. */
export const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";
