/** UTF-8 bytes of a text that a deployment or a policy may allow. The limit of a frame follows from it. */
export const textBytesMax = 32_768;
