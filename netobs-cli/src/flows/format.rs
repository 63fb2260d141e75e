//! What is written of each answer, in the shape that was asked for.
use anyhow::Result;
use netobs_api::v1::{SubscribeResponse, subscribe_response::Message};

use super::{Shape, compact, rows};
use crate::{
    output::Output,
    show::{Table, View},
};

pub(super) struct Format {
    shape: Shape,
    view: View,
    table: Table,
    headed: bool,
}

impl Format {
    pub(super) fn new(shape: Shape, view: View) -> Self {
        let columns: &[_] = if shape == Shape::Wide {
            &rows::WIDE
        } else {
            &rows::NARROW
        };
        Self {
            shape,
            table: Table::new(columns, view.paint),
            view,
            headed: false,
        }
    }

    pub(super) fn write(&mut self, answer: &SubscribeResponse, out: &mut Output) -> Result<()> {
        for line in self.lines(answer)? {
            out.line(&line)?;
        }
        Ok(())
    }

    pub(super) fn lines(&mut self, answer: &SubscribeResponse) -> Result<Vec<String>> {
        let node = answer.node_name.as_str();
        if self.shape == Shape::Json {
            return Ok(vec![serde_json::to_string(answer)?]);
        }
        let flow = match &answer.message {
            Some(Message::Flow(flow)) => flow,
            Some(Message::Lost(lost)) => return Ok(vec![compact::lost(lost, node, &self.view)]),
            None => return Ok(Vec::new()),
        };
        let row = match self.shape {
            Shape::Table => rows::narrow(flow, &self.view),
            Shape::Wide => rows::wide(flow, node, &self.view),
            Shape::Compact | Shape::Json => return Ok(vec![compact::flow(flow, &self.view)]),
        };
        let line = self.table.row(&row);
        let head = (!self.headed).then(|| self.table.head());
        self.headed = true;
        Ok(head.into_iter().chain([line]).collect())
    }
}
