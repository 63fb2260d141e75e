//! Where a request is met: by a fault first, if one is ordered, then by what answers it.

use super::StreamingLists;
use super::answer::{Answer, Body};
use super::asked::Record;
use super::call::{Call, Objects, Target, Verb};
use super::damage::Damage;
use super::discovery;
use super::exec::{self, Rooms};
use super::fault::{Fault, Faults, Moment};
use super::forward::{self, Forwards};
use super::list;
use super::options::Options;
use super::pass::Pass;
use super::refusal::Refusal;
use super::rights::Confined;
use super::store::Store;
use super::watch::{self, Watch};
use super::write;
use futures::StreamExt as _;
use futures::stream;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Request, Response};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) store: Arc<Store>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) record: Record,
    pub(crate) pass: Pass,
    pub(crate) confined: Confined,
    pub(crate) forwards: Forwards,
    pub(crate) rooms: Rooms,
    pub(crate) address: SocketAddr,
    pub(crate) streaming_lists: StreamingLists,
    pub(crate) bookmark_every: Duration,
}

/// Who shows no token.
const STRANGER: &str = "system:anonymous";

/// The connection is to be cut instead of an answer.
pub(crate) struct Broken;

impl Desk {
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
        let call = Call::read(&request, &self.store.read().kinds);
        let header = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let user = self.pass.bearer(header);
        let asked = self.record.asked(&call, user.as_deref().unwrap_or_default());
        let is_open = matches!(call.target, Target::Health | Target::Version);
        let response = match (&user, header) {
            (None, Some(_)) if !is_open => Answer::refusal(&Refusal::unauthorized()).response(),
            (None, None) if !is_open => Answer::refusal(&call.forbidden(STRANGER)).response(),
            _ if !self.confined.allow(&asked) => Answer::refusal(&call.forbidden(&asked.user)).response(),
            _ => self.meet(&call, &asked.user, request).await?,
        };
        self.record.answered(&asked, response.status().as_u16());
        Ok(response)
    }

    async fn meet(&self, call: &Call, user: &str, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
        let mut pace = None;
        let refusal = match self.faults.meet(call, Moment::Asked) {
            Some(Fault::Unauthorized) => Refusal::unauthorized(),
            Some(Fault::Forbidden) => call.forbidden(user),
            Some(Fault::Gone) => Refusal::too_old(1, self.store.read().version()),
            Some(Fault::Internal) => Refusal::internal("etcdserver: request timed out"),
            Some(Fault::TooManyRequests { retry_after_seconds }) => {
                return Ok(Answer::too_many_requests(retry_after_seconds).response());
            }
            Some(Fault::Hang) => pending().await,
            Some(Fault::HangUp) => return Err(Broken),
            fault => {
                match fault {
                    Some(Fault::Late(delay)) => tokio::time::sleep(delay).await,
                    Some(Fault::Slow { bytes_per_second }) => pace = Some(bytes_per_second),
                    _ => {}
                }
                return self.attend(call, request, pace).await;
            }
        };
        Ok(Answer::refusal(&refusal).response())
    }

    async fn attend(
        &self,
        call: &Call,
        request: Request<Incoming>,
        pace: Option<u32>,
    ) -> Result<Response<Body>, Broken> {
        if let Some(objects) = call.objects() {
            let response = match objects.part.as_deref() {
                Some("portforward") => forward::begin(&self.store, &self.forwards, call, objects, request),
                Some("exec") => exec::begin(&self.store, &self.rooms, call, objects, request),
                _ => return self.say(call, request, pace).await,
            };
            return Ok(response.unwrap_or_else(|refusal| Answer::refusal(&refusal).response()));
        }
        self.say(call, request, pace).await
    }

    async fn say(&self, call: &Call, request: Request<Incoming>, pace: Option<u32>) -> Result<Response<Body>, Broken> {
        let is_watch = call.verb == Verb::Watch;
        let fault = if is_watch {
            None
        } else {
            self.faults.meet(call, Moment::Answered)
        };
        let answer = self.result(call, request, Damage::of(fault)).await?;
        let answer = match (fault, pace) {
            (Some(Fault::Cut), _) => answer.cut(),
            (Some(Fault::Freeze), _) => answer.frozen(),
            (_, Some(bytes_per_second)) => answer.slow(bytes_per_second),
            _ => answer,
        };
        Ok(answer.response())
    }

    async fn result(&self, call: &Call, request: Request<Incoming>, damage: Option<Damage>) -> Result<Answer, Broken> {
        let state = || self.store.read();
        Ok(match &call.target {
            Target::Version => Answer::json(200, &discovery::version()),
            Target::Health => Answer::text(200, "ok"),
            Target::CoreVersions => Answer::json(200, &discovery::core_versions(&self.address.to_string())),
            Target::Groups => Answer::json(200, &discovery::groups(&state().kinds)),
            Target::Group(name) => Answer::json(200, &discovery::group(&state().kinds, name)),
            Target::Resources { group, version } => {
                Answer::json(200, &discovery::resources(&state().kinds, group, version))
            }
            Target::NoSuchResource => Answer::refusal(&Refusal::no_such_resource()),
            Target::Nowhere => Answer::text(404, "404 page not found\n"),
            Target::Objects(objects) => {
                let answer = match call.verb {
                    Verb::Get | Verb::List => self.read(call, objects, damage),
                    Verb::Watch => self.watch(call, objects),
                    Verb::Create | Verb::Update | Verb::Patch | Verb::Delete => {
                        let body = request.into_body().collect().await.map_err(|_| Broken)?.to_bytes();
                        let written = self.store.write(|state| write::write(state, objects, call, &body));
                        written.map(|(status, value)| Answer::json(status, &value))
                    }
                };
                answer.unwrap_or_else(|refusal| Answer::refusal(&refusal))
            }
        })
    }

    fn read(&self, call: &Call, objects: &Objects, damage: Option<Damage>) -> Result<Answer, Refusal> {
        let bytes = match (&objects.name, objects.part.as_deref()) {
            (Some(name), None | Some("status")) => list::get(&self.store.read(), objects, name, damage)?,
            (None, _) => {
                let options = Options::read(objects, call, self.streaming_lists)?;
                list::list(&self.store.read(), objects, &options, damage)?
            }
            (Some(_), Some(_)) => return Err(Refusal::no_such_resource()),
        };
        Ok(Answer::bytes(200, bytes))
    }

    fn watch(&self, call: &Call, objects: &Objects) -> Result<Answer, Refusal> {
        let options = Options::read(objects, call, self.streaming_lists)?;
        if self.streaming_lists == StreamingLists::Broken && call.query.is_set("sendInitialEvents") {
            return Ok(Answer::bytes(200, watch::error(&Refusal::no_progress()).into()));
        }
        let watch = Watch::start(&self.store, &self.faults, call, objects, options, self.bookmark_every)?;
        let events = stream::unfold(watch, async |mut watch| {
            let chunk = watch.next().await?;
            Some((chunk, watch))
        });
        Ok(Answer::stream(events.boxed()))
    }
}
