//! Events become a tree: `granit-parser` says what there is, this says exactly where.
//!
//! The parser's spans are exact for plain and quoted scalars, flow collections, aliases, anchors and tags. Block
//! scalars, block collections and missing values are placed here, by looking on from the last token that was seen.

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use crate::collections::HashMap;
use crate::text::Span;

use super::block::Block;
use super::scalar::{Scalar, Style};
use super::tree::{Anchor, Entry, Kind, Node, NodeId, Problem, Tag, Tree};
use super::{bounds, decode, lex};

/// How deep collections may lie in each other.
const DEEPEST: usize = 256;

impl Tree {
    /// Reads all documents of a text. Line ends, a byte order mark, duplicate keys and merge keys are taken as they are.
    pub fn parse(text: &str) -> Result<Tree, Problem> {
        check_characters(text)?;
        let options = granit_parser::options! {
            emit_anchor_events: true,
            // As the servers read it: no line feed where the file has none.
            block_scalar_eof_without_line_feed: true,
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: DEEPEST + 1,
            block_nesting_limit: DEEPEST + 1,
        };
        let mut builder = Builder {
            text,
            bytes: text.as_bytes(),
            tree: Tree::default(),
            anchors: HashMap::default(),
            stack: Vec::new(),
            cursor: if text.starts_with('\u{feff}') { 3 } else { 0 },
        };
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| {
                let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
                Problem {
                    at: Span::at(at),
                    message: error.info(),
                }
            })?;
            let tag = span.tag_span().and_then(|it| it.byte_range());
            builder.event(event, span.byte_range().unwrap_or_default(), tag)?;
        }
        let mut tree = builder.tree;
        tree.targets = tree
            .aliases
            .iter()
            .map(|(alias, target)| (*target, *alias))
            .collect();
        tree.targets.sort_unstable();
        if !tree.comments.is_sorted() {
            tree.comments.sort_unstable();
        }
        bounds::check(&tree)?;
        Ok(tree)
    }
}

fn check_characters(text: &str) -> Result<(), Problem> {
    if u32::try_from(text.len()).is_err() {
        return Err(Problem {
            at: Span::at(0),
            message: "the file is larger than 4 GiB".into(),
        });
    }
    let forbidden =
        |byte: &u8| (*byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0x7f;
    match text.as_bytes().iter().position(forbidden) {
        Some(at) => Err(Problem {
            at: Span::new(at, at + 1),
            message: "a control character that YAML does not allow".into(),
        }),
        None => Ok(()),
    }
}

struct Builder<'t> {
    text: &'t str,
    bytes: &'t [u8],
    tree: Tree,
    anchors: HashMap<usize, NodeId>,
    stack: Vec<Frame>,
    /// The end of the last token whose place is known.
    cursor: usize,
}

/// A collection that is still open.
struct Frame {
    id: NodeId,
    kind: Open,
    flow: bool,
}

enum Open {
    Sequence(Vec<NodeId>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<NodeId>,
    },
}

impl<'t> Builder<'t> {
    fn event(
        &mut self,
        event: Event<'t>,
        range: std::ops::Range<usize>,
        tag: Option<std::ops::Range<usize>>,
    ) -> Result<(), Problem> {
        match event {
            // without `---` the place is that of the text behind a block scalar's header
            Event::DocumentStart(true, ..) => self.cursor = self.cursor.max(range.end),
            Event::Comment(..) => self.tree.comments.push(Span::new(range.start, range.end)),
            Event::Scalar(value, style, anchor, _) => {
                self.pass_dash();
                self.scalar(value.into(), style, range, tag, anchor);
            }
            Event::Alias(anchor) => {
                self.pass_dash();
                self.alias(anchor, range)?;
            }
            Event::Anchor(_, name) => self.anchor(name.into_owned(), range),
            Event::SequenceStart(style, anchor, _) => {
                self.open(Open::Sequence(Vec::new()), style, range, tag, anchor)?;
            }
            Event::MappingStart(style, anchor, _) => {
                let kind = Open::Mapping {
                    entries: Vec::new(),
                    key: None,
                };
                self.open(kind, style, range, tag, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range),
            _ => {}
        }
        Ok(())
    }

    /// The next token from here on, over comments, tags and anchors.
    fn token(&self, at: usize) -> usize {
        lex::token(self.bytes, at)
    }

    /// The next `wanted` byte that is a token, over `:` and `?`.
    fn indicator(&self, from: usize, wanted: &[u8]) -> Option<usize> {
        let mut at = self.token(from);
        loop {
            let byte = self.bytes.get(at)?;
            if wanted.contains(byte) {
                return Some(at);
            }
            at = self.token(at + 1);
        }
    }

    /// Moves the cursor behind the dash of the next item of a block sequence; the first was passed when it opened.
    fn pass_dash(&mut self) {
        let is_next_item = self.stack.last().is_some_and(|frame| {
            !frame.flow && matches!(&frame.kind, Open::Sequence(items) if !items.is_empty())
        });
        if is_next_item {
            let dash = self.token(self.cursor);
            if self.bytes.get(dash) == Some(&b'-') {
                self.cursor = dash + 1;
            }
        }
    }

    fn push(
        &mut self,
        kind: Kind,
        span: Span,
        tag: Option<std::ops::Range<usize>>,
        anchor: usize,
    ) -> NodeId {
        let id = NodeId(self.tree.nodes.len() as u32);
        let tag = tag.map(|range| Tag {
            text: self.text.get(range.clone()).unwrap_or_default().to_owned(),
            span: Span::new(range.start, range.end),
        });
        self.tree.nodes.push(Node {
            kind,
            span,
            tag,
            anchor: None,
        });
        self.tree.last_below.push(id);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        let Some(frame) = self.stack.last_mut() else {
            self.tree.parents.push(id);
            self.tree.documents.push(id);
            return id;
        };
        self.tree.parents.push(frame.id);
        match &mut frame.kind {
            Open::Sequence(items) => items.push(id),
            Open::Mapping { entries, key } => match key.take() {
                Some(key) => entries.push(Entry { key, value: id }),
                None => *key = Some(id),
            },
        }
        id
    }

    fn scalar(
        &mut self,
        value: String,
        style: ScalarStyle,
        range: std::ops::Range<usize>,
        tag: Option<std::ops::Range<usize>>,
        anchor: usize,
    ) {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        let (mut value, mut style) = (value, style);
        let mut layout = None;
        let span = if matches!(style, Style::Literal | Style::Folded) {
            match self.indicator(self.cursor, b"|>") {
                Some(header) => {
                    style = Block::style(self.bytes[header]);
                    let block = decode::layout(self.text, header, &value);
                    let span = Span::new(header, block.end().max(header));
                    layout = Some(block);
                    span
                }
                None => Span::new(range.start, range.end),
            }
        } else if style == Style::Plain && range.is_empty() {
            value.clear();
            let behind_tag = tag.as_ref().map_or(0, |tag| tag.end);
            Span::at(self.missing(range.start).max(behind_tag))
        } else {
            Span::new(range.start, range.end)
        };
        let map = decode::map(self.text, span, style, &value, layout.as_ref());
        self.cursor = self.cursor.max(span.end as usize);
        let scalar = Scalar {
            value: value.into_boxed_str(),
            style,
            map,
        };
        self.push(Kind::Scalar(scalar), span, tag, anchor);
    }

    /// Where a key or value stands that is not written at all.
    fn missing(&self, hint: usize) -> usize {
        let is_value = |frame: &Frame| matches!(&frame.kind, Open::Mapping { key: Some(_), .. });
        match self.stack.last() {
            Some(frame) if is_value(frame) => {
                let next = self.token(self.cursor);
                if self.bytes.get(next) == Some(&b':') {
                    next + 1
                } else {
                    self.cursor
                }
            }
            Some(Frame {
                kind: Open::Sequence(_),
                ..
            }) => self.cursor,
            _ => hint.max(self.cursor),
        }
    }

    fn alias(&mut self, anchor: usize, range: std::ops::Range<usize>) -> Result<(), Problem> {
        let at = Span::new(range.start, range.end);
        let written = self.text.get(range).unwrap_or_default();
        let name = written.trim_start_matches('*').to_owned();
        let Some(target) = self.anchors.get(&anchor).copied() else {
            return Err(Problem {
                at,
                message: format!("no anchor before this place is called {name}"),
            });
        };
        if self.stack.iter().any(|frame| frame.id == target) {
            return Err(Problem {
                at,
                message: format!("the alias {name} lies within what it stands for"),
            });
        }
        self.cursor = self.cursor.max(at.end as usize);
        let id = self.push(Kind::Alias { name, target }, at, None, 0);
        self.tree.aliases.push((id, target));
        Ok(())
    }

    /// The event follows the node that carries the anchor.
    fn anchor(&mut self, name: String, range: std::ops::Range<usize>) {
        self.cursor = self.cursor.max(range.end);
        let Some(node) = self.tree.nodes.last_mut() else {
            return;
        };
        let span = Span::new(range.start, range.end);
        if node.span.is_empty()
            && node.span.start < span.end
            && matches!(node.kind, Kind::Scalar(_))
        {
            node.span = Span::at(range.end);
        }
        node.anchor = Some(Anchor { text: name, span });
    }

    fn open(
        &mut self,
        kind: Open,
        style: StructureStyle,
        range: std::ops::Range<usize>,
        tag: Option<std::ops::Range<usize>>,
        anchor: usize,
    ) -> Result<(), Problem> {
        let flow = style == StructureStyle::Flow;
        if self.stack.len() >= DEEPEST {
            return Err(Problem {
                at: Span::at(range.start),
                message: format!("collections lie in each other more than {DEEPEST} deep"),
            });
        }
        self.pass_dash();
        let mut start = range.start;
        if flow {
            self.cursor = self.cursor.max(range.end);
        } else if matches!(kind, Open::Sequence(_))
            && let Some(dash) = self.indicator(self.cursor, b"-")
        {
            start = dash;
            self.cursor = dash + 1;
        }
        // The kind is put in when the collection is closed.
        let placeholder = Kind::Sequence {
            items: Vec::new(),
            flow,
        };
        let id = self.push(placeholder, Span::at(start), tag, anchor);
        self.stack.push(Frame { id, kind, flow });
        Ok(())
    }

    fn close(&mut self, range: std::ops::Range<usize>) {
        let Some(frame) = self.stack.pop() else {
            return;
        };
        if frame.flow && !range.is_empty() {
            self.cursor = self.cursor.max(range.end);
        }
        let last = NodeId(self.tree.nodes.len() as u32 - 1);
        let index = frame.id.0 as usize;
        self.tree.last_below[index] = last;
        let node = &mut self.tree.nodes[index];
        node.span.end = (self.cursor as u32).max(node.span.start);
        let flow = frame.flow;
        node.kind = match frame.kind {
            Open::Sequence(items) => Kind::Sequence { items, flow },
            Open::Mapping { entries, .. } => Kind::Mapping { entries, flow },
        };
    }
}
