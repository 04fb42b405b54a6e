/** At most 1,600 pixels a side, JPEG: what a gate's mobile network carries. The picture's own data about place and device goes. */
export async function smaller(file: File): Promise<Blob | undefined> {
  const bitmap = await createImageBitmap(file)
  const scale = Math.min(1, 1600 / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(bitmap.width * scale)
  canvas.height = Math.round(bitmap.height * scale)
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return (await new Promise<Blob | null>((ok) => canvas.toBlob(ok, 'image/jpeg', 0.8))) ?? undefined
}
