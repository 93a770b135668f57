// Draws the maps of a page by Leaflet, from the values that stand in the page: firms, and what goes between them. No tiles,
// no network: nothing but the park itself is drawn, true to scale. Without scripts the page shows the report's own drawing.
"use strict";
(() => {
  const FONT = 11;

  function element(tag, text, attributes) {
    const made = document.createElement(tag);
    made.textContent = text;
    Object.assign(made, attributes);
    return made;
  }

  /** What opens where somebody clicks: a title, which may lead somewhere, and lines of text, which may lead somewhere. */
  function box(title, url, rows) {
    const made = document.createElement("div");
    const head = made.appendChild(document.createElement("strong"));
    head.appendChild(url ? element("a", title, { href: url }) : document.createTextNode(title));
    const list = made.appendChild(document.createElement("ul"));
    for (const [text, to] of rows) {
      list.appendChild(document.createElement("li")).appendChild(
        to ? element("a", text, { href: to }) : document.createTextNode(text));
    }
    return made;
  }

  /** Points of a bow from one place to another, so that two ways between the same firms lie beside each other. */
  function bow(from, to) {
    const crs = L.CRS.EPSG3857, a = crs.project(L.latLng(from)), b = crs.project(L.latLng(to));
    const middle = L.point((a.x + b.x) / 2 + 0.15 * (b.y - a.y), (a.y + b.y) / 2 - 0.15 * (b.x - a.x));
    const points = [];
    for (let n = 0; n <= 16; n += 1) {
      const t = n / 16, u = 1 - t;
      points.push(crs.unproject(L.point(
        u * u * a.x + 2 * u * t * middle.x + t * t * b.x, u * u * a.y + 2 * u * t * middle.y + t * t * b.y)));
    }
    return points;
  }

  /** Let a line end in an arrowhead of its colour. */
  function arrow(line, colour) {
    const svg = line.getElement().ownerSVGElement, id = `arrow-${colour.slice(1)}`;
    if (!svg.querySelector(`#${id}`)) {
      const marker = document.createElementNS(svg.namespaceURI, "marker");
      const attributes = { id, viewBox: "0 0 10 10", refX: 6, refY: 5, markerWidth: 10, markerHeight: 10,
        markerUnits: "userSpaceOnUse", orient: "auto" };
      for (const [name, value] of Object.entries(attributes)) marker.setAttribute(name, value);
      const head = document.createElementNS(svg.namespaceURI, "path");
      head.setAttribute("d", "M0 0L10 5L0 10z");
      head.setAttribute("fill", colour);
      marker.appendChild(head);
      svg.insertBefore(marker, svg.firstChild);
    }
    line.getElement().setAttribute("marker-end", `url(#${id})`);
  }

  /** Show the names that have room, those of the firms with most lines first. */
  function label(map, points) {
    const size = map.getSize(), places = points.map(({ circle }) => map.latLngToContainerPoint(circle.getLatLng()));
    const taken = places.map((at) => [at.x - 5, at.y - 5, at.x + 5, at.y + 5]);
    for (const [n, { name, circle }] of points.entries()) {
      const at = places[n];
      const wide = [...name].reduce((sum, c) => sum + (c > "\u2e7f" ? FONT : 0.6 * FONT), 14);
      const mine = [at.x + 6, at.y - 0.7 * FONT, at.x + 6 + wide, at.y + 0.7 * FONT];
      const free = mine[2] < size.x
        && taken.every((o) => mine[2] < o[0] || mine[0] > o[2] || mine[3] < o[1] || mine[1] > o[3]);
      if (free) taken.push(mine);
      circle.getTooltip().getElement()?.classList.toggle("covered", !free);
    }
  }

  function draw(place) {
    const { points, lines, words, firms = "", links = [] } = JSON.parse(document.getElementById(place.dataset.map).textContent);
    place.hidden = false;
    const map = L.map(place, {
      attributionControl: false, zoomControl: false, scrollWheelZoom: false, zoomSnap: 0.25, minZoom: 3, maxZoom: 18,
    });
    L.control.zoom({ zoomInTitle: words.closer, zoomOutTitle: words.further }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    // the wheel turns the page until somebody is at work on the map
    map.on("focus", () => map.scrollWheelZoom.enable()).on("blur", () => map.scrollWheelZoom.disable());
    map.fitBounds(L.latLngBounds(points.map((p) => [p.lat, p.lon])).pad(0.15), { maxZoom: 13 });

    const known = new Map(points.map((p) => [p.id, p])), drawn = [];
    for (const line of lines) {
      const from = known.get(line.from), to = known.get(line.to);
      const way = bow([from.lat, from.lon], [to.lat, to.lon]), rows = line.items;
      const style = { color: line.colour, weight: 1.5 + 4.5 * line.weight, opacity: 0.75, fill: false, smoothFactor: 0 };
      const whole = L.polyline(way, style).addTo(map);
      const head = L.polyline([way[10], way[11]], { ...style, weight: 1, interactive: false }).addTo(map);
      arrow(head, line.colour);
      const title = `${from.name} → ${to.name}`;
      whole.bindTooltip(box(title, "", rows.slice(0, 3)), { sticky: true }).bindPopup(box(title, "", rows));
      drawn.push({ line, whole, head });
      from.ties = (from.ties ?? 0) + 1;
      to.ties = (to.ties ?? 0) + 1;
    }
    const light = (test) => drawn.forEach(({ line, whole, head }) =>
      [whole, head].forEach((part) => part.getElement().classList.toggle("faded", !test(line))));
    for (const { line, whole } of drawn) {
      whole.on("mouseover", () => light((other) => other === line)).on("mouseout", () => light(() => true));
    }
    points.sort((p, q) => (q.ties ?? 0) - (p.ties ?? 0));
    for (const point of points) {
      point.circle = L.circleMarker([point.lat, point.lon], {
        radius: point.ties ? 6 : 4, className: point.ties ? "firm" : "firm idle",
      }).addTo(map);
      point.circle.bindTooltip(element("span", point.name), {
        permanent: true, direction: "right", offset: [7, 0], className: "name",
      });
      point.circle.bindPopup(box(point.name, point.pk ? `${firms}${point.pk}/` : "",
        links.map(([text, to]) => [text, to + encodeURIComponent(point.id)])));
      const own = (line) => line.from === point.id || line.to === point.id;
      point.circle.on("mouseover", () => light(own)).on("mouseout", () => light(() => true));
    }
    map.on("zoomend moveend resize viewreset", () => label(map, points));
    label(map, points);
  }

  const all = () => document.querySelectorAll("[data-map][hidden]").forEach(draw);
  document.addEventListener("renewed", all);
  all();
})();
