//! The pages about the rules are made from the catalog, and a reader of Markdown finds all of it in them.

mod support;

use dindless::rules::{CatalogRule, Rules};
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
use support::{Repository, status};

fn printed(arguments: &[&str]) -> String {
    let output = Repository::loose().run(arguments);
    assert_eq!(status(&output), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A page as a reader has it: its name, all of its words, and its blocks of code.
#[derive(Debug, Default)]
struct Page {
    name: String,
    words: String,
    blocks: Vec<String>,
}

fn read(text: &str) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    let (mut heading, mut block) = (None, false);
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some(level);
                if level == HeadingLevel::H2 {
                    pages.push(Page::default());
                }
            }
            Event::End(TagEnd::Heading(_)) => heading = None,
            Event::Start(Tag::CodeBlock(_)) => {
                block = true;
                pages.last_mut().expect("a page").blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => block = false,
            Event::Text(text) | Event::Code(text) => {
                let Some(page) = pages.last_mut() else {
                    continue;
                };
                match (heading, page.blocks.last_mut()) {
                    (Some(HeadingLevel::H2), _) => page.name.push_str(&text),
                    (None, Some(last)) if block => last.push_str(&text),
                    _ => page.words.push_str(&text),
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => panic!("HTML: {html}"),
            Event::Start(Tag::Link { dest_url, .. }) => panic!("a link to {dest_url}"),
            _ => {}
        }
    }
    pages
}

/// Letters and digits only: marks may be written otherwise.
fn bare(text: &str) -> String {
    text.chars()
        .filter(|it| it.is_alphanumeric())
        .collect::<String>()
        .to_lowercase()
}

fn check(page: &Page, rule: &CatalogRule) {
    assert_eq!(page.name, rule.name);
    let words = bare(&page.words);
    assert!(words.contains(&bare(&rule.source)), "{}", rule.name);
    // lines of code within the reason are blocks
    let everything = bare(&format!("{} {}", page.words, page.blocks.join(" ")));
    for line in rule.why.lines() {
        assert!(everything.contains(&bare(line)), "{}: {line}", rule.name);
    }
    let examples = rule.settings.iter().chain(&rule.before);
    let examples = examples.chain(&rule.after);
    let examples: Vec<&str> = examples.map(|(_, text)| text.trim_end()).collect();
    let blocks: Vec<&str> = page.blocks.iter().map(|block| block.trim_end()).collect();
    assert!(blocks.ends_with(&examples), "{}: {blocks:?}", rule.name);
}

#[test]
fn every_rule_has_its_page_in_the_document() {
    let pages = read(&printed(&["--rules", "--format", "markdown"]));
    let rules: Vec<&CatalogRule> = Rules::embedded().all_named().collect();
    assert_eq!(pages.len(), rules.len());
    for (page, rule) in pages.iter().zip(rules) {
        check(page, rule);
    }
}

#[test]
fn a_page_stands_alone() {
    let rule = Rules::embedded().all_named().next().expect("a rule");
    let pages = read(&printed(&["--explain", rule.name, "--format", "markdown"]));
    let [page] = pages.as_slice() else {
        panic!("{pages:?}")
    };
    check(page, rule);
    let text = printed(&["--explain", rule.name]);
    assert!(
        text.starts_with(rule.name) && text.contains(&rule.why),
        "{text}"
    );
}

#[test]
fn the_list_has_a_line_for_every_rule() {
    let list = printed(&["--rules"]);
    for rule in Rules::embedded().all_named() {
        let line = format!("  {} ", rule.name);
        assert_eq!(
            list.lines().filter(|it| it.starts_with(&line)).count(),
            1,
            "{}",
            rule.name
        );
    }
}

#[test]
fn rules_are_told_as_text_or_markdown() {
    let output = Repository::loose().run(&["--rules", "--format", "sarif"]);
    assert_eq!(status(&output), Some(3));
}
