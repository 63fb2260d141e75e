//! The map, as SVG that stands in the page.
use netobs_core::inventory::{Filter, Place};

use super::{
    Text,
    drops::numbered,
    layered::Point,
    layout::{LONGEST_NAME, Layout, Rect},
    paths::{self, Path},
};
use crate::inventory::{
    diagram::{Arrow, BoxOf, Diagram},
    ends, sections,
    words::Fate,
};

/// On a map of more arrows, ports are told to whoever points at them.
const MOST_LABELLED: usize = 24;

pub(super) struct Map<'a> {
    diagram: &'a Diagram<'a>,
    filter: &'a Filter,
    layout: Layout,
    paths: Vec<Path>,
}

impl<'a> Map<'a> {
    pub(super) fn of(diagram: &'a Diagram<'a>, filter: &'a Filter) -> Self {
        let mut layout = Layout::of(diagram);
        let paths = paths::of(diagram, &layout);
        let right = paths.iter().map(Path::right).fold(0.0, f64::max);
        layout.size.width = layout.size.width.max(right + 8.0);
        Self {
            diagram,
            filter,
            layout,
            paths,
        }
    }

    pub(super) fn figure(&self) -> String {
        let size = self.layout.size;
        let mut figure = format!(
            "<section id=\"map\" aria-labelledby=\"map-title\">\n<div class=\"bar\"><h2 id=\"map-title\">Map</h2>\n{LEGEND}{ZOOM}</div>\n\
             <div class=\"canvas\" tabindex=\"0\" aria-label=\"Map; the table below has all of it\">\n\
             <svg viewBox=\"0 0 {w:.0} {h:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" role=\"group\" aria-labelledby=\"map-title\">\n{MARKERS}",
            w = size.width,
            h = size.height
        );
        for (one, rect) in self.diagram.boxes.iter().zip(&self.layout.boxes) {
            figure += &a_box(&one.of, rect);
        }
        figure += &self.arrows();
        figure += &self.labels();
        for (index, rect) in self.layout.ends.iter().enumerate() {
            figure += &self.end(index, rect);
        }
        for (number, index) in numbered(self.diagram) {
            if let Some(path) = self.paths.get(index) {
                figure += &badge(number, index, path.middle());
            }
        }
        figure + "</svg>\n</div>\n</section>\n"
    }

    /// What matters most is drawn last, above all else.
    fn arrows(&self) -> String {
        let mut order: Vec<_> = (0..self.diagram.arrows.len()).collect();
        order.sort_by_key(|&index| {
            let arrow = self.diagram.arrows.get(index);
            arrow.map(|arrow| (arrow.fate, !arrow.recognised))
        });
        let drawn = order.into_iter().filter_map(|index| {
            let (arrow, path) = (self.diagram.arrows.get(index)?, self.paths.get(index)?);
            Some(self.arrow(index, arrow, path))
        });
        drawn.collect()
    }

    /// Ports, above all arrows.
    fn labels(&self) -> String {
        if self.diagram.arrows.len() > MOST_LABELLED {
            return String::new();
        }
        let arrows = self.diagram.arrows.iter().zip(&self.paths).enumerate();
        let labelled = arrows.filter(|(_, (arrow, _))| !arrow.recognised && arrow.fate != Fate::Dropped);
        let labels = labelled.map(|(index, (arrow, path))| {
            let Point { x, y } = path.middle();
            format!(
                "<text class=\"label\" data-arrow=\"{index}\" x=\"{x:.0}\" y=\"{:.0}\">{}</text>\n",
                y - 5.0,
                Text(&arrow.ports())
            )
        });
        labels.collect()
    }

    fn arrow(&self, index: usize, arrow: &Arrow<'_>, path: &Path) -> String {
        let name = |end: usize| {
            self.diagram
                .ends
                .get(end)
                .map(|end| ends::text(end.place))
                .unwrap_or_default()
        };
        let title = format!("{} → {}: {}", name(arrow.from), name(arrow.to), arrow.label());
        let rows: Vec<_> = arrow.edges.iter().map(|(edge, _)| edge.to_string()).collect();
        let drawn = path.drawn();
        let (class, marker) = class(arrow);
        format!(
            "<g class=\"arrow{class}\" id=\"a{index}\" data-from=\"{}\" data-to=\"{}\" data-rows=\"{}\"><title>{}</title>\
             <path class=\"hit\" d=\"{drawn}\"/><path class=\"line\" d=\"{drawn}\" marker-end=\"url(#{marker})\"/></g>\n",
            arrow.from,
            arrow.to,
            rows.join(" "),
            Text(&title)
        )
    }

    fn end(&self, index: usize, rect: &Rect) -> String {
        let Some(place) = self.diagram.ends.get(index).map(|end| end.place) else {
            return String::new();
        };
        let asked_for = if sections::is_asked_for(place, self.filter) {
            " asked-for"
        } else {
            ""
        };
        let title = format!("{} ({})", ends::text(place), ends::kind(place));
        let (x, y, size) = (rect.at.x, rect.at.y, rect.size);
        format!(
            "<a class=\"end {}{asked_for}\" id=\"e{index}\" href=\"#at=e{index}\"><title>{}</title>\
             <rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{:.0}\" height=\"{:.0}\" rx=\"{}\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\">{}</text></a>\n",
            class_of(place),
            Text(&title),
            size.width,
            size.height,
            if matches!(place, Place::World(_) | Place::Unknown) {
                14
            } else {
                5
            },
            x + size.width / 2.0,
            y + size.height / 2.0 + 4.0,
            Text(&cut(&ends::short(place)))
        )
    }
}

const LEGEND: &str = "<ul class=\"legend\">\
    <li class=\"dropped\">dropped</li><li class=\"unanswered\">unanswered</li><li class=\"well\">passed</li>\
    <li class=\"known\">what every cluster has</li></ul>\n";
const ZOOM: &str = "<div class=\"zoom\" hidden>\
    <button type=\"button\" data-zoom=\"out\" aria-label=\"Smaller\">−</button>\
    <button type=\"button\" data-zoom=\"fit\">Fit</button>\
    <button type=\"button\" data-zoom=\"in\" aria-label=\"Larger\">+</button></div>\n";
const MARKERS: &str = "<defs>\
    <marker id=\"m-well\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>\
    <marker id=\"m-known\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>\
    <marker id=\"m-unanswered\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>\
    <marker id=\"m-dropped\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"11\" markerHeight=\"11\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>\
    </defs>\n";

fn a_box(of: &BoxOf<'_>, rect: &Rect) -> String {
    let class = match of {
        BoxOf::Namespace(_) => "",
        BoxOf::Calling(_) | BoxOf::Called(_) => " apart",
    };
    let (x, y) = (rect.at.x, rect.at.y);
    format!(
        "<g class=\"box{class}\"><rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{:.0}\" height=\"{:.0}\" rx=\"8\"/>\
         <text x=\"{:.0}\" y=\"{:.0}\">{}</text></g>\n",
        rect.size.width,
        rect.size.height,
        x + 12.0,
        y + 17.0,
        Text(&cut(&of.title()))
    )
}

fn badge(number: usize, arrow: usize, at: Point) -> String {
    let Point { x, y } = at;
    format!(
        "<a class=\"badge\" href=\"#at=a{arrow}\" data-arrow=\"{arrow}\" aria-label=\"Dropped, number {number}\">\
         <circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"10\"/><text x=\"{x:.0}\" y=\"{:.0}\">{number}</text></a>\n",
        y + 4.0
    )
}

const fn class(arrow: &Arrow<'_>) -> (&'static str, &'static str) {
    match (arrow.fate, arrow.recognised) {
        (Fate::Dropped, _) => (" dropped", "m-dropped"),
        (Fate::Unanswered, _) => (" unanswered", "m-unanswered"),
        (Fate::Well, true) => (" known", "m-known"),
        (Fate::Well, false) => ("", "m-well"),
    }
}

const fn class_of(place: &Place) -> &'static str {
    match place {
        Place::Workload { .. } => "workload",
        Place::Service(_) => "service",
        Place::Node(_) => "node",
        Place::World(_) => "world",
        Place::Unknown => "unknown",
    }
}

/// Whoever points at it reads the rest.
fn cut(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    let kept: String = name.chars().take(LONGEST_NAME - 1).collect();
    kept + "…"
}
