//! Follows one kind of objects: lists it, watches it, and begins again wherever that breaks off.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use netobs_core::change::{Change, Kind};
use netobs_k8s::watched::{self, Line, Malformed};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use self::post::Post;
use super::{
    Heard,
    access::Access,
    fault::Fault,
    news::News,
    now,
    patience::{Chance, Failures, Patience},
    request::{self, Question},
    resource::{ALL, Resource},
    standing::Board,
};

mod post;
#[cfg(test)]
mod tests;

/// After so many lists as streams that came to no end, lists are asked for in parts.
const MOST_UNFINISHED: u32 = 2;

const NO_TOKEN: &str =
    "no token was shown: see that the file of the kubeconfig's or the pod's token is there and not empty";

/// Follows all kinds until nobody wants to hear of them any more.
pub(super) async fn all(access: Arc<Access>, board: Arc<Board>, changes: mpsc::Sender<Heard>, patience: Patience) {
    let post = Post::new(changes.clone());
    let streams = Arc::new(AtomicBool::new(true));
    let followers = ALL.map(|resource| {
        let follower = Follower {
            news: News::new(resource, Arc::clone(&board)),
            access: Arc::clone(&access),
            post: post.clone(),
            streams: Arc::clone(&streams),
            resource,
            patience,
            failures: Failures::default(),
            version: None,
            whole: false,
            unfinished: 0,
            asks_for_stream: false,
            is_streaming: false,
            garbled_after: None,
        };
        follower.follow()
    });
    tokio::select! {
        biased;
        () = changes.closed() => {}
        _ = futures::future::join_all(followers) => {}
    }
}

struct Follower {
    resource: Resource,
    access: Arc<Access>,
    news: News,
    post: Post,
    /// Whether the server can list as a stream, as far as we know; the same for all kinds.
    streams: Arc<AtomicBool>,
    patience: Patience,
    failures: Failures,
    /// From where to watch on; none before all is listed.
    version: Option<String>,
    /// A list in parts took longer than the server keeps its parts.
    whole: bool,
    unfinished: u32,
    /// The list was asked for as a stream, when the others of these had not yet found that the server has none.
    asks_for_stream: bool,
    /// A list as a stream has begun, and has not ended.
    is_streaming: bool,
    /// What came after this version made no sense.
    garbled_after: Option<String>,
}

impl Follower {
    async fn follow(mut self) {
        loop {
            let began = Instant::now();
            let wait = match self.round().await {
                Ok(()) => self.patience.least.saturating_sub(began.elapsed()),
                Err(fault) => self.take(fault).await,
            };
            sleep(wait).await;
        }
    }

    /// Until a watch ends as watches do.
    async fn round(&mut self) -> Result<(), Fault> {
        self.is_streaming = false;
        self.asks_for_stream = self.version.is_none() && self.streams.load(Relaxed);
        if self.version.is_none() && !self.asks_for_stream {
            self.list().await?;
        }
        self.watch().await
    }

    async fn list(&mut self) -> Result<(), Fault> {
        let (mut next, mut objects) = (None, 0);
        loop {
            let path = self.resource.list(next.as_deref(), self.whole);
            let text = self.ask(&path).await?.whole().await?;
            let page = watched::page(&text).ok_or_else(|| garbled(&text))?;
            self.news.heard();
            if next.is_none() {
                self.begin().await;
            }
            for object in &page.objects {
                self.apply(object).await;
            }
            objects += page.objects.len() as u64;
            next = page.next;
            if next.is_none() {
                self.version = Some(page.version);
                self.end(objects).await;
                return Ok(());
            }
        }
    }

    /// All changes since the version we have, or without one all objects and then their changes.
    async fn watch(&mut self) -> Result<(), Fault> {
        let seconds = Chance::draw().vary(self.patience.quiet * 3).as_secs();
        let path = self.resource.watch(self.version.as_deref(), seconds);
        let mut listing = self.version.is_none().then_some(Listing::default());
        let mut answer = self.ask(&path).await?;
        self.is_streaming = listing.is_some();
        if listing.is_none() {
            answer.be_patient(self.patience.quiet);
            self.news.heard();
        }
        while let Some(text) = answer.line().await? {
            let line = watched::line(&text).ok_or_else(|| self.no_sense(&text))?;
            let was_listing = listing.is_some();
            self.hear(line, &mut listing).await?;
            if was_listing && listing.is_none() {
                answer.be_patient(self.patience.quiet);
            }
        }
        listing.map_or(Ok(()), |_| Err(Fault::Cut))
    }

    /// What makes no sense may do so when it is asked for again; if not, a list tells what it was about.
    fn no_sense(&mut self, text: &Bytes) -> Fault {
        if self.garbled_after == self.version {
            self.version = None;
        }
        self.garbled_after.clone_from(&self.version);
        garbled(text)
    }

    async fn hear(&mut self, line: Line<'_>, listing: &mut Option<Listing>) -> Result<(), Fault> {
        let (object, step) = match line {
            Line::Refused(refusal) => return Err(Fault::Refused(refusal)),
            Line::Bookmark { version, all_told } => return self.bookmark(version, all_told, listing).await,
            Line::Added(object) => (object, 1),
            Line::Modified(object) => (object, 0),
            Line::Deleted(object) => (object, -1),
        };
        self.news.heard();
        match listing {
            Some(listing) => {
                self.begin_once(listing).await;
                listing.objects = listing.objects.saturating_add_signed(step);
            }
            None => {
                self.failures.forget();
                self.news.well(step);
            }
        }
        if step < 0 {
            self.delete(object).await;
        } else {
            self.apply(object).await;
        }
        if listing.is_none()
            && let Some(version) = watched::version(object)
        {
            self.version = Some(version);
        }
        Ok(())
    }

    async fn bookmark(&mut self, version: String, all_told: bool, listing: &mut Option<Listing>) -> Result<(), Fault> {
        match listing {
            // A server that does not know of such lists tells objects as new ones, and never that these were all.
            Some(_) if !all_told => return Err(Fault::not_understood("it does not say where a list ends")),
            Some(list) => {
                self.begin_once(list).await;
                self.end(list.objects).await;
                (self.unfinished, self.is_streaming) = (0, false);
                *listing = None;
            }
            None if self.version.as_ref().is_some_and(|known| is_before(&version, known)) => {
                return Err(Fault::gone("its versions begin anew"));
            }
            None => self.failures.forget(),
        }
        self.news.heard();
        self.news.well(0);
        self.version = Some(version);
        Ok(())
    }

    /// How long to wait until the next try.
    async fn take(&mut self, fault: Fault) -> Duration {
        let was_stream = self.version.is_none() && self.asks_for_stream;
        if was_stream && self.gives_up_streams(&fault) {
            tracing::debug!(kind = self.resource.name, %fault, "lists are asked for in parts");
            self.streams.store(false, Relaxed);
            return Duration::ZERO;
        }
        if fault.is_gone() {
            self.whole = self.version.take().is_none();
            let wait = self.failures.count(&self.patience, Chance::draw());
            return if self.failures.is_first() { Duration::ZERO } else { wait };
        }
        if fault.is_forbidden() {
            self.news.forbidden(&fault);
            return Chance::draw().vary(self.patience.forbidden);
        }
        if fault.is_of_stranger() {
            self.news.failed(&format!("{fault}; {NO_TOKEN}"));
        } else {
            self.news.failed(&fault);
        }
        if fault.is_unauthorized()
            && let Err(error) = self.access.renew().await
        {
            self.news.failed(&error);
        }
        let wait = self.failures.count(&self.patience, Chance::draw());
        fault.wait().map_or(wait, |asked| wait.max(asked))
    }

    fn gives_up_streams(&mut self, fault: &Fault) -> bool {
        if fault.is_not_understood() {
            return true;
        }
        if fault.is_unfinished() && self.is_streaming {
            self.unfinished += 1;
        }
        self.unfinished >= MOST_UNFINISHED
    }

    async fn ask(&self, path: &str) -> Result<request::Answer, Fault> {
        let client = self.access.client();
        request::ask(&client, Question::get(path, self.patience.answer)).await
    }

    async fn begin_once(&mut self, listing: &mut Listing) {
        if !listing.begun {
            listing.begun = true;
            self.begin().await;
        }
    }

    /// Only when there is something of the list: until then what is known stays as it is.
    async fn begin(&mut self) {
        self.news.list_begins();
        self.tell(Change::RelistBegins(self.kind())).await;
    }

    async fn end(&mut self, objects: u64) {
        self.whole = false;
        self.tell(Change::RelistEnds(self.kind())).await;
        self.news.list_ends(objects);
    }

    async fn apply(&mut self, text: &[u8]) {
        let kind = self.kind();
        match self.post.read(|interner| watched::object(kind, text, interner)) {
            Ok((object, problems)) => {
                self.tell(Change::Applied(object)).await;
                self.judge(text, &problems);
            }
            Err(malformed) => self.news.malformed(&malformed, "the object is left out"),
        }
    }

    async fn delete(&mut self, text: &[u8]) {
        let kind = self.kind();
        if let Some(key) = self.post.read(|interner| watched::key(kind, text, interner)) {
            self.tell(Change::Deleted(key)).await;
        }
        self.judge(text, &[]);
    }

    fn judge(&mut self, text: &[u8], problems: &[Malformed]) {
        if problems.is_empty() {
            self.news
                .understood(|| watched::name(text).map(|name| name.to_string()));
        }
        for problem in problems {
            self.news.malformed(problem, "this part of the object is left out");
        }
    }

    async fn tell(&self, change: Change) {
        self.post.tell(Heard { change, at: now() }).await;
    }

    const fn kind(&self) -> Kind {
        self.resource.kind
    }
}

/// A list that comes as a stream.
#[derive(Clone, Copy, Debug, Default)]
struct Listing {
    begun: bool,
    objects: u64,
}

/// Whether a server that counts its versions counts anew.
fn is_before(version: &str, known: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    number(version)
        .zip(number(known))
        .is_some_and(|(version, known)| version < known)
}

fn garbled(text: &Bytes) -> Fault {
    let start: String = String::from_utf8_lossy(text).trim_start().chars().take(80).collect();
    Fault::Garbled(format!("it begins with {start:?}"))
}
