// The map behind an interface: OpenLayers on a canvas, no tiles, no glyph files, no request off our origin.
import Feature from 'ol/Feature'
import GeoJSON from 'ol/format/GeoJSON'
import LineString from 'ol/geom/LineString'
import Point from 'ol/geom/Point'
import VectorLayer from 'ol/layer/Vector'
import OlMap from 'ol/Map'
import { fromLonLat, toLonLat } from 'ol/proj'
import Cluster from 'ol/source/Cluster'
import VectorSource from 'ol/source/Vector'
import { Circle, Fill, RegularShape, Stroke, Style, Text } from 'ol/style'
import View from 'ol/View'
import type { Incident, Proposals, School, Schemas, Unit } from '../api/api'
import { lang } from '../ui/i18n'

export interface MapView {
  setSchools(all: Iterable<School>): void
  setIncidents(open: Incident[], chosen: number): void
  setUnits(all: Iterable<Unit>): void
  setProposals(p: Proposals | null, lon: number, lat: number): void
  setVehicles(all: Schemas['Position'][], chosen: number): void
  /** Where a vehicle went up to point `at`, over the way it should go. */
  setTrack(went: [number, number][], should: [number, number][], at: number, stops?: [number, number][]): void
  /** While a way is drawn each click is a place, and chooses nothing; null ends it. */
  pick(put: ((lon: number, lat: number) => void) | null): void
  flyTo(lon: number, lat: number, zoom?: number): void
  fitAll(): void
  repaint(): void
  free(): void
}

const FONT = 'system-ui,"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif'
const HOME: [number, number] = [105.45, 25.38]
const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const MARK = ['', '#ff5a5a', '#ff9326', '#fff09a', '#62aef5']
const SIDES = [0, 4, 3, 4, 32]

export function makeMap(target: HTMLElement, onSelect: (kind: 'school' | 'incident' | 'vehicle', id: number) => void): MapView {
  let look = { land: '', border: '', text: '', dim: '', bg: '', school: '', cluster: '' }
  const readLook = () => {
    look = { land: css('--land'), border: css('--border'), text: css('--text'), dim: css('--dim'), bg: css('--bg'), school: css('--school'), cluster: css('--cluster') }
    styles.clear()
  }
  const styles = new Map<string, Style>()
  const cached = (key: string, make: () => Style) => {
    let s = styles.get(key)
    if (s === undefined) styles.set(key, (s = make()))
    return s
  }
  const counties = new VectorSource()
  const schools = new VectorSource()
  const marks = new VectorSource()
  const units = new VectorSource()
  const lines = new VectorSource()
  const vehicles = new VectorSource()
  const tracks = new VectorSource()
  readLook()

  const countyLayer = new VectorLayer({
    source: counties,
    declutter: true,
    style: (f) => {
      const name = String(f.get(lang.value === 'en' ? 'en' : 'name'))
      return cached(`county${name}`, () => new Style({ fill: new Fill({ color: look.land }), stroke: new Stroke({ color: look.border, width: 1.2 }), text: new Text({ text: name, font: `600 15px ${FONT}`, fill: new Fill({ color: look.dim }), stroke: new Stroke({ color: look.bg, width: 3 }) }) }))
    },
  })
  const schoolLayer = new VectorLayer({
    source: new Cluster({ distance: 42, source: schools }),
    style: (f, resolution) => {
      const members = f.get('features') as Feature[]
      const n = members.length
      if (n === 1) {
        const label = resolution < 25 ? String(members[0]!.get('name')) : ''
        return cached(`school${label}`, () => new Style({ image: new Circle({ radius: 4.5, fill: new Fill({ color: look.school }) }), text: new Text({ text: label, offsetY: 14, font: `12px ${FONT}`, fill: new Fill({ color: look.text }), stroke: new Stroke({ color: look.bg, width: 3 }) }) }))
      }
      return cached(`cluster${n}`, () => new Style({ image: new Circle({ radius: n < 10 ? 11 : n < 50 ? 14 : n < 150 ? 18 : 24, fill: new Fill({ color: look.cluster }), stroke: new Stroke({ color: look.school, width: 1 }) }), text: new Text({ text: String(n), font: `12px ${FONT}`, fill: new Fill({ color: look.text }) }) }))
    },
  })
  const unitLayer = new VectorLayer({
    source: units,
    maxZoom: 30,
    minZoom: 11.5,
    style: (f) => {
      const kind = String(f.get('kind'))
      const label = kind === 'police_car' ? '车' : kind === 'special' ? '特' : kind === 'sentry' ? '亭' : kind === 'foot' ? '步' : kind === 'post' ? '岗' : '保'
      const over = String(f.get('over'))
      const fill = over === 'emergency' ? '#e5173f' : over === 'lost' ? look.bg : '#2b5d8f'
      const stroke = over === 'lost' ? new Stroke({ color: look.dim, width: 2, lineDash: [3, 3] }) : new Stroke({ color: '#cfe4fa', width: over === 'emergency' ? 3 : 1 })
      return cached(`unit${label}${over}`, () => new Style({ image: new RegularShape({ points: 4, radius: over === 'emergency' ? 16 : 11, angle: Math.PI / 4, fill: new Fill({ color: fill }), stroke }), text: new Text({ text: over === 'lost' ? `${label}?` : over === 'emergency' ? `${label}!` : label, font: `${over === '' ? '' : '700 '}11px ${FONT}`, fill: new Fill({ color: over === 'lost' ? look.text : '#fff' }) }) }))
    },
  })
  const lineLayer = new VectorLayer({ source: lines, style: (f) => new Style({ stroke: new Stroke({ color: '#6cb8ff', width: f.get('first') ? 3 : 1.5, lineDash: [8, 6] }), text: new Text({ text: String(f.get('label')), font: `600 12px ${FONT}`, placement: 'line', fill: new Fill({ color: look.text }), stroke: new Stroke({ color: look.bg, width: 4 }) }) }) })
  const trackLayer = new VectorLayer({ source: tracks, style: (f) => f.get('stop') ? new Style({ image: new Circle({ radius: 9, fill: new Fill({ color: look.bg }), stroke: new Stroke({ color: '#6cb8ff', width: 2 }) }), text: new Text({ text: String(f.get('stop')), font: `600 11px ${FONT}`, fill: new Fill({ color: look.text }) }) }) : f.get('at') ? new Style({ image: new Circle({ radius: 7, fill: new Fill({ color: '#ff9326' }), stroke: new Stroke({ color: look.bg, width: 2 }) }) }) : new Style({ stroke: new Stroke(f.get('went') ? { color: '#ff9326', width: 4 } : { color: '#6cb8ff', width: 6, lineDash: [2, 8] }) }) })
  const vehicleLayer = new VectorLayer({
    source: vehicles,
    zIndex: 9,
    style: (f) => {
      const bad = Boolean(f.get('bad'))
      const chosen = Boolean(f.get('chosen'))
      const label = String(f.get('plate'))
      return cached(`vehicle${label}${bad}${chosen}`, () => new Style({ image: new RegularShape({ points: 4, radius: chosen ? 14 : 10, angle: Math.PI / 4, fill: new Fill({ color: bad ? '#ff5a5a' : '#fff09a' }), stroke: new Stroke({ color: chosen ? look.text : '#11161d', width: chosen ? 3 : 1.5 }) }), text: new Text({ text: label, offsetY: 20, font: `600 12px ${FONT}`, fill: new Fill({ color: look.text }), stroke: new Stroke({ color: look.bg, width: 3 }) }) }))
    },
  })
  const markLayer = new VectorLayer({
    source: marks,
    zIndex: 10,
    style: (f) => {
      const severity = Number(f.get('severity'))
      const chosen = Boolean(f.get('chosen'))
      const waiting = Boolean(f.get('waiting'))
      return cached(`mark${severity}${chosen}${waiting}`, () =>
        new Style({
          image: new RegularShape({ points: SIDES[severity]!, radius: chosen ? 17 : 13, angle: severity === 3 ? Math.PI / 4 : 0, fill: new Fill({ color: waiting ? MARK[severity]! : `${MARK[severity]!}66` }), stroke: new Stroke({ color: chosen ? look.text : '#11161d', width: chosen ? 3 : 1.5 }) }),
          text: new Text({ text: String(severity), font: `700 12px ${FONT}`, fill: new Fill({ color: '#11161d' }) }),
        }))
    },
  })

  const view = new View({ center: fromLonLat(HOME), zoom: 9, minZoom: 7, maxZoom: 19 })
  const map = new OlMap({ target, controls: [], layers: [countyLayer, schoolLayer, unitLayer, lineLayer, trackLayer, vehicleLayer, markLayer], view })
  void fetch('/county.json').then(async (r) => {
    counties.addFeatures(new GeoJSON().readFeatures(await r.json(), { featureProjection: 'EPSG:3857' }))
    fit()
  })
  const fit = () => {
    const extent = counties.getExtent()
    if (extent !== null && extent !== undefined && Number.isFinite(extent[0])) view.fit(extent, { padding: [24, 24, 24, 24] })
  }
  let picked: ((lon: number, lat: number) => void) | null = null
  map.on('click', (e) => {
    const [lon, lat] = toLonLat(e.coordinate)
    picked?.(Number(lon!.toFixed(6)), Number(lat!.toFixed(6)))
  })
  map.on('singleclick', (e) => {
    if (picked !== null) return
    const hit = map.forEachFeatureAtPixel(e.pixel, (f) => f, { hitTolerance: 6, layerFilter: (l) => l === markLayer || l === vehicleLayer || l === schoolLayer })
    if (hit === undefined) return
    const members = hit.get('features') as Feature[] | undefined
    if (hit.get('plate') !== undefined) onSelect('vehicle', Number(hit.get('id')))
    else if (members === undefined) onSelect('incident', Number(hit.get('id')))
    else if (members.length === 1) onSelect('school', Number(members[0]!.get('id')))
    else view.animate({ center: (hit.getGeometry() as Point).getCoordinates(), zoom: (view.getZoom() ?? 9) + 2, duration: 150 })
  })
  const onTheme = () => api.repaint()
  window.addEventListener('huxue-theme', onTheme)

  const api: MapView = {
    setSchools(all) {
      schools.clear(true)
      schools.addFeatures([...all].map((s) => new Feature({ geometry: new Point(fromLonLat([s.lon, s.lat])), id: s.id, name: s.name })))
    },
    setIncidents(open, chosen) {
      marks.clear(true)
      marks.addFeatures(open.filter((i) => i.lon != null && i.lat != null && (i.lon !== 0 || i.lat !== 0)).map((i) => new Feature({ geometry: new Point(fromLonLat([i.lon!, i.lat!])), id: i.id, severity: i.severity, chosen: i.id === chosen, waiting: i.state === 'open' })))
    },
    setUnits(all) {
      units.clear(true)
      units.addFeatures([...all].filter((u) => u.kind !== 'guard' && u.status !== 'off').map((u) => new Feature({ geometry: new Point(fromLonLat([u.lon, u.lat])), kind: u.kind, over: u.emergency_id != null ? 'emergency' : u.lost_at != null ? 'lost' : '' })))
    },
    setProposals(p, lon, lat) {
      lines.clear(true)
      if (p === null) return
      lines.addFeatures(p.items.filter((x) => x.distance_m > 80).slice(0, 3).map((x, n) => new Feature({ geometry: new LineString([fromLonLat([x.lon, x.lat]), fromLonLat([lon, lat])]), first: n === 0, label: `${x.call_sign || x.name} ${Math.round(x.travel_s / 6) / 10}′` })))
    },
    setVehicles(all, chosen) {
      vehicles.clear(true)
      vehicles.addFeatures(all.map((v) => new Feature({ geometry: new Point(fromLonLat([v.lon, v.lat])), id: v.vehicle_id, plate: v.plate, bad: v.alarms.length > 0, chosen: v.vehicle_id === chosen })))
    },
    pick(put) {
      picked = put
      target.style.cursor = put === null ? '' : 'crosshair'
    },
    setTrack(went, should, at, stops = []) {
      tracks.clear(true)
      if (should.length === 1) tracks.addFeature(new Feature({ geometry: new Point(fromLonLat(should[0]!)), at: true }))
      tracks.addFeatures(stops.map((p, n) => new Feature({ geometry: new Point(fromLonLat(p)), stop: n + 1 })))
      if (should.length > 1) tracks.addFeature(new Feature({ geometry: new LineString(should.map((p) => fromLonLat(p))) }))
      if (went.length > 1) tracks.addFeature(new Feature({ geometry: new LineString(went.slice(0, at + 1).map((p) => fromLonLat(p))), went: true }))
      if (went[at] !== undefined) tracks.addFeature(new Feature({ geometry: new Point(fromLonLat(went[at])), at: true }))
    },
    flyTo(lon, lat, zoom = 13.5) {
      view.animate({ center: fromLonLat([lon, lat]), zoom, duration: 200 })
    },
    fitAll: fit,
    repaint() {
      readLook()
      for (const l of [countyLayer, schoolLayer, unitLayer, lineLayer, trackLayer, vehicleLayer, markLayer]) l.changed()
    },
    free() {
      window.removeEventListener('huxue-theme', onTheme)
      map.setTarget(undefined)
    },
  }
  return api
}
