// The map's base: county outlines of the prefecture, from data/qianxinan.geojson, without what the console does not draw.
import fs from 'node:fs'
const source = JSON.parse(fs.readFileSync(new URL('../../data/qianxinan.geojson', import.meta.url)))
const slim = {
  type: 'FeatureCollection',
  features: source.features.map((f) => ({
    type: 'Feature',
    properties: { code: f.properties.adcode, name: f.properties.name, en: f.properties.name_en, centre: f.properties.centre },
    geometry: f.geometry,
  })),
}
fs.mkdirSync(new URL('../public', import.meta.url), { recursive: true })
fs.writeFileSync(new URL('../public/county.json', import.meta.url), JSON.stringify(slim))
