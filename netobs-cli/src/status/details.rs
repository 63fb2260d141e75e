//! Everything about one agent, and what is amiss with it.
use netobs_api::v1::{
    Ability, ClusterStatus, FlowStatus, GetStatusResponse, KernelStatus, NamedCount, ServingStatus, WatchStatus,
};

use crate::{
    flows,
    show::{Colour, View, age, clean, plural},
};

/// Lines that are indented under what they belong to.
struct Lines<'a> {
    text: String,
    view: &'a View,
}

pub(super) fn of(status: &GetStatusResponse, view: &View) -> String {
    let mut lines = Lines {
        text: String::new(),
        view,
    };
    lines.head(status);
    lines.not_ready(status);
    if let Some(kernel) = &status.kernel {
        lines.kernel(kernel);
    }
    if let Some(cluster) = &status.cluster {
        lines.cluster(cluster, status.now_unix_nanos);
    }
    if let Some(flows) = &status.flows {
        lines.flows(flows);
    }
    if let Some(serving) = &status.serving {
        lines.serving(serving);
    }
    lines.text
}

/// Empty if all is well.
pub(super) fn amiss(status: &GetStatusResponse, view: &View) -> String {
    let mut lines = Lines {
        text: String::new(),
        view,
    };
    lines.not_ready(status);
    let abilities = status.kernel.iter().flat_map(|kernel| &kernel.abilities);
    abilities
        .filter(|ability| !ability.there)
        .for_each(|ability| lines.ability(ability));
    let watches = status.cluster.iter().flat_map(|cluster| &cluster.watches);
    for watch in watches.filter(|watch| watch.forbidden || !watch.error.is_empty()) {
        lines.watch(watch, status.now_unix_nanos);
    }
    if lines.text.is_empty() {
        return lines.text;
    }
    let node = view.paint.paint(Colour::Bold, clean(&status.node_name));
    format!("{node}\n{}", lines.text)
}

impl Lines<'_> {
    fn line(&mut self, depth: usize, colour: Colour, text: &str) {
        let text = self.view.paint.paint(colour, clean(text));
        self.text += &format!("{:1$}{text}\n", "", depth * 2);
    }

    fn head(&mut self, status: &GetStatusResponse) {
        let since = self.view.clock.moment(status.started_unix_nanos);
        let ready = if status.ready { "ready" } else { "not ready" };
        let what = format!(
            "{}: {ready}, netobs {} on Linux {}, since {since}",
            status.node_name, status.version, status.kernel_release
        );
        self.line(0, if status.ready { Colour::Green } else { Colour::Red }, &what);
        if let Some(span) = &status.unwatched {
            self.line(1, Colour::Plain, &flows::unwatched(span, self.view));
        }
        if !status.redacted.is_empty() {
            let what = format!("redacted here: {}", status.redacted.join(", "));
            self.line(1, Colour::Yellow, &what);
        }
    }

    fn not_ready(&mut self, status: &GetStatusResponse) {
        for reason in &status.not_ready {
            self.line(1, Colour::Red, &format!("not ready: {reason}"));
        }
    }

    fn kernel(&mut self, kernel: &KernelStatus) {
        let taps = plural(kernel.interfaces.into(), "interface");
        self.line(
            1,
            Colour::Plain,
            &format!("kernel: programs on {taps}, attached by {}", kernel.attach_by),
        );
        for ability in &kernel.abilities {
            self.ability(ability);
        }
        self.counts(Colour::Yellow, "lost in the kernel", &kernel.losses);
        self.counts(Colour::Plain, "packets that are no connection's", &kernel.skipped);
    }

    fn ability(&mut self, ability: &Ability) {
        if ability.there {
            self.line(2, Colour::Plain, &format!("yes  {}", ability.name));
        } else {
            self.line(2, Colour::Yellow, &format!("no   {}: {}", ability.name, ability.remedy));
        }
    }

    fn cluster(&mut self, cluster: &ClusterStatus, now: i64) {
        if !cluster.configured {
            let why = "cluster: none is watched, so flows have no names, labels and causes; \
                       start the agent in a pod, or with --kubeconfig";
            self.line(1, Colour::Yellow, why);
            return;
        }
        self.line(1, Colour::Plain, &format!("cluster: {}", cluster.server));
        for watch in &cluster.watches {
            self.watch(watch, now);
        }
    }

    fn watch(&mut self, watch: &WatchStatus, now: i64) {
        let kind = &watch.kind;
        if watch.forbidden {
            let what = format!("{kind}: not watched, the agent may not; give its role list and watch of it");
            return self.line(2, Colour::Yellow, &what);
        }
        let heard = watch
            .heard_unix_nanos
            .map(|heard| format!(", heard of {} ago", age(now, heard)));
        let listed = if watch.listed { "" } else { ", not all listed yet" };
        let known = format!("{kind}: {}{listed}{}", watch.objects, heard.unwrap_or_default());
        if watch.error.is_empty() {
            self.line(2, Colour::Plain, &known);
        } else {
            self.line(2, Colour::Yellow, &format!("{known}; {}", watch.error));
        }
    }

    fn flows(&mut self, flows: &FlowStatus) {
        let kept = plural(flows.kept, "connection");
        self.line(
            1,
            Colour::Plain,
            &format!("flows: {} told, {kept} kept now", flows.told),
        );
        let oldest = flows
            .oldest_unix_nanos
            .map(|oldest| format!(", back to {}", self.view.clock.moment(oldest)));
        let history = format!(
            "history: {} of {}{}",
            flows.history,
            flows.history_capacity,
            oldest.unwrap_or_default()
        );
        self.line(2, Colour::Plain, &history);
        self.line(
            2,
            Colour::Plain,
            &format!("causes: {}, {} active", flows.causes, flows.active_causes),
        );
        self.counts(Colour::Yellow, "lost", &flows.lost);
    }

    fn serving(&mut self, serving: &ServingStatus) {
        self.line(1, Colour::Plain, &format!("serving: {}", serving.listeners.join(", ")));
        let ServingStatus {
            subscribers,
            most_subscribers,
            lost,
            ..
        } = serving;
        let colour = if *lost > 0 { Colour::Yellow } else { Colour::Plain };
        let what = format!(
            "subscribers: {subscribers} of at most {most_subscribers}; they were too slow for {}",
            plural(*lost, "flow")
        );
        self.line(2, colour, &what);
    }

    fn counts(&mut self, colour: Colour, what: &str, counts: &[NamedCount]) {
        let told = counts.iter().filter(|count| count.count > 0);
        let told: Vec<_> = told
            .map(|NamedCount { name, count }| format!("{name} {count}"))
            .collect();
        if !told.is_empty() {
            self.line(2, colour, &format!("{what}: {}", told.join(", ")));
        }
    }
}
