//! Finds a pattern's groups by backtracking, as `re` itself does: over lines of logs several times as fast as an automaton
//! that keeps track of groups. Goes in: the `regex` crate's syntax, which means the same here, or steps, which say more:
//! what looks ahead or behind. What would take many more steps than the text has characters is left to the automaton.

use std::cell::RefCell;
use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::tree::expr::Step;
use crate::error::Decline;
use crate::kernel::unicode::CodeSet;

/// Larger programs than this are left to the automaton.
const MOST_OPS: usize = 1000;
/// Where a group has not begun or ended.
const NOWHERE: usize = usize::MAX;
/// In a table of bytes: the text's end.
const END: usize = 256;

/// A pattern as a program that is tried from one place of a text.
#[derive(Debug)]
pub struct Backtracker {
    program: Vec<Op>,
    slots: usize,
    /// The first bytes of what can match, where that is known.
    first: Option<Box<[bool; 257]>>,
    /// What words are made of beyond ASCII, where there is such a thing in the texts.
    word: Option<&'static CodeSet>,
}

/// Where a match may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Anywhere.
    Anywhere,
    /// Not where it begins.
    Later,
    /// At the text's end.
    AtEnd,
}

/// It takes too many steps.
struct GivesUp;

/// What is still allowed to be done for one text.
pub struct Budget(usize);

impl Budget {
    /// What a text of so many bytes may cost.
    pub fn of(bytes: usize) -> Self {
        Self(64 * bytes + (1 << 22))
    }
}

/// Makes the `regex` crate's syntax of a template.
pub type Expand<'e> = &'e dyn Fn(&str) -> Result<String, Decline>;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The groups' bounds are known.
    Matches,
    /// There is no match at this place.
    Fails,
    /// It takes too many steps.
    GivesUp,
}

#[derive(Debug)]
enum Op {
    /// These bytes come.
    Text(Box<[u8]>),
    /// So many characters of a set.
    Run(Box<Run>),
    /// The place goes into this slot.
    Save(usize),
    /// One way is tried, then the other.
    Split(usize, usize),
    /// It goes on there.
    Jump(usize),
    /// This place is such a one.
    Look(Look),
    /// Here a word begins or ends, or it doesn't.
    Boundary { negated: bool, ascii: bool },
    /// The text's end, or a newline that is its last character.
    End,
    /// What follows up to `next` matches ahead of this place, or so many characters behind it, or it doesn't.
    Around { next: usize, behind: Option<usize>, negated: bool },
    /// What a group matched comes again.
    Back(usize),
    /// All of it matched.
    Done,
}

#[derive(Debug)]
struct Run {
    set: Set,
    least: usize,
    most: usize,
    greedy: bool,
    /// What can come next, by its first byte, where something must.
    next: Option<Box<[bool; 257]>>,
    /// No character of the set can be what comes next: the longest run is the only one that can do.
    whole: bool,
}

/// Characters: by the first byte whether it is in, isn't, or must be looked up.
#[derive(Debug)]
struct Set {
    bytes: [In; 256],
    ranges: Vec<(char, char)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum In {
    No,
    Yes,
    LookUp,
}

/// Where to go back to.
enum Back {
    To {
        op: usize,
        at: usize,
    },
    /// A run that may be shorter, down to `floor`.
    Shorter {
        op: usize,
        floor: usize,
        at: usize,
    },
    /// A run that may be longer, by so many.
    Longer {
        op: usize,
        at: usize,
        more: usize,
    },
    Slot {
        slot: usize,
        was: usize,
    },
}

#[derive(Default)]
struct Room {
    back: Vec<Back>,
    slots: Vec<usize>,
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Backtracker {
    /// A program for the pattern; nothing where it has something that is left to the automaton.
    pub fn new(syntax: &str, groups: usize) -> Option<Self> {
        let pattern = regex_syntax::Parser::new().parse(syntax).ok()?;
        let mut made = Self::empty(groups, None);
        made.add(&pattern)?;
        made.finished();
        Some(made)
    }

    /// A program for steps, whose words have these characters; of ASCII texts only where there are none.
    pub fn of_steps(
        steps: &Step,
        groups: usize,
        expand: Expand<'_>,
        word: Option<&'static CodeSet>,
    ) -> Result<Self, Decline> {
        let mut made = Self::empty(groups, word);
        made.add_step(steps, expand)?;
        made.finished();
        if made.program.len() > MOST_OPS {
            return Err(Decline::new("the pattern is too large"));
        }
        let mut first = Box::new([false; 257]);
        let mut seen = vec![false; made.program.len()];
        made.first = made.firsts(0, &mut first, &mut seen).then_some(first);
        Ok(made)
    }

    fn empty(groups: usize, word: Option<&'static CodeSet>) -> Self {
        Self { program: Vec::new(), slots: 2 * (groups + 1), first: None, word }
    }

    fn finished(&mut self) {
        self.program.push(Op::Done);
        for at in 0..self.program.len() {
            self.look_ahead(at);
        }
    }

    /// Tries the pattern at a place of the text; `read` gets the bounds of the groups, the whole match's first.
    pub fn at<'t, T>(
        &self,
        text: &'t str,
        start: usize,
        read: impl FnOnce(&mut dyn Iterator<Item = Option<&'t str>>) -> T,
    ) -> (Verdict, Option<T>) {
        ROOM.with_borrow_mut(|room| {
            let mut budget = Budget(16 * (text.len() - start) + 1024);
            let verdict = self.run(text, start, Ends::Anywhere, room, &mut budget);
            let found = (verdict == Verdict::Matches).then(|| read_groups(text, room, read));
            (verdict, found)
        })
    }

    /// The first match that begins at `from` or behind it, or there only: where it is, and what `read` makes of its groups. That it must
    /// not end where it begins is so for one at `from` alone.
    pub fn find<'t, T>(
        &self,
        text: &'t str,
        from: usize,
        there: bool,
        ends: Ends,
        budget: &mut Budget,
        read: impl FnOnce(&mut dyn Iterator<Item = Option<&'t str>>) -> T,
    ) -> Result<Option<(Range<usize>, T)>, Decline> {
        ROOM.with_borrow_mut(|room| {
            let bytes = text.as_bytes();
            let mut start = from;
            loop {
                let first = bytes.get(start).map_or(END, |byte| usize::from(*byte));
                let may = self.first.as_ref().is_none_or(|known| known[first]);
                if may && text.is_char_boundary(start) {
                    let ends = if start > from && ends == Ends::Later { Ends::Anywhere } else { ends };
                    match self.run(text, start, ends, room, budget) {
                        Verdict::Matches => {
                            let range = room.slots[0]..room.slots[1];
                            return Ok(Some((range, read_groups(text, room, read))));
                        }
                        Verdict::GivesUp => return Err(Decline::new("a pattern that takes very many steps")),
                        Verdict::Fails => {}
                    }
                }
                if there || start >= bytes.len() {
                    return Ok(None);
                }
                start += 1;
            }
        })
    }

    fn run(&self, text: &str, start: usize, ends: Ends, room: &mut Room, budget: &mut Budget) -> Verdict {
        room.back.clear();
        room.slots.clear();
        room.slots.resize(self.slots, NOWHERE);
        room.slots[0] = start;
        match self.walk(text, (0, start), ends, room, &mut budget.0) {
            Err(GivesUp) => Verdict::GivesUp,
            Ok(None) => Verdict::Fails,
            Ok(Some(end)) => {
                room.slots[1] = end;
                Verdict::Matches
            }
        }
    }

    /// Where what begins with an operation at a place ends; nothing where it takes too many steps.
    fn walk(
        &self,
        text: &str,
        (mut op, mut at): (usize, usize),
        ends: Ends,
        room: &mut Room,
        steps: &mut usize,
    ) -> Result<Option<usize>, GivesUp> {
        let bytes = text.as_bytes();
        let (base, start) = (room.back.len(), at);
        loop {
            *steps = steps.checked_sub(1).ok_or(GivesUp)?;
            let goes_on = match &self.program[op] {
                Op::Text(wanted) => {
                    let comes = bytes[at..].starts_with(wanted);
                    at += if comes { wanted.len() } else { 0 };
                    comes
                }
                Op::Run(run) => match run.first(op, text, at, room, steps) {
                    Some(to) => {
                        at = to;
                        true
                    }
                    None => false,
                },
                Op::Save(slot) => {
                    if !room.back.is_empty() {
                        room.back.push(Back::Slot { slot: *slot, was: room.slots[*slot] });
                    }
                    room.slots[*slot] = at;
                    true
                }
                Op::Split(first, second) => {
                    room.back.push(Back::To { op: *second, at });
                    op = *first;
                    continue;
                }
                Op::Jump(to) => {
                    op = *to;
                    continue;
                }
                Op::Look(look) => match look {
                    Look::Start => at == 0,
                    Look::End => at == bytes.len(),
                    Look::StartLF => at == 0 || bytes[at - 1] == b'\n',
                    _ => at == bytes.len() || bytes[at] == b'\n',
                },
                // Of an empty text neither is so.
                Op::Boundary { negated, ascii } => !text.is_empty() && self.is_boundary(text, at, *ascii) != *negated,
                Op::End => at == bytes.len() || (at + 1 == bytes.len() && bytes[at] == b'\n'),
                Op::Around { next, behind, negated } => {
                    spend(steps, behind.unwrap_or_default());
                    let from = behind.map_or(Some(at), |width| back_by(text, at, width));
                    let found = match from {
                        Some(from) => self.walk(text, (op + 1, from), Ends::Anywhere, room, steps)?.is_some(),
                        None => false,
                    };
                    if found == *negated {
                        false
                    } else {
                        op = *next;
                        continue;
                    }
                }
                Op::Back(slot) => {
                    let (from, to) = (room.slots[*slot], room.slots[slot + 1]);
                    let known = from != NOWHERE && to != NOWHERE;
                    spend(steps, if known { (to - from).min(bytes.len() - at) } else { 0 });
                    let comes = known && bytes[at..].starts_with(&bytes[from..to]);
                    at += if comes { to - from } else { 0 };
                    comes
                }
                Op::Done => match ends {
                    Ends::Later if at == start => false,
                    Ends::AtEnd if at != bytes.len() => false,
                    _ => {
                        room.back.truncate(base);
                        return Ok(Some(at));
                    }
                },
            };
            if goes_on {
                op += 1;
                continue;
            }
            match self.back(text, room, base, steps) {
                Some(place) => (op, at) = place,
                None => return Ok(None),
            }
        }
    }

    fn is_boundary(&self, text: &str, at: usize, ascii: bool) -> bool {
        let is_word = |c: Option<char>| {
            c.is_some_and(|c| match self.word {
                _ if c.is_ascii() => c.is_ascii_alphanumeric() || c == '_',
                Some(set) if !ascii => set.has(c),
                _ => false,
            })
        };
        is_word(text[..at].chars().next_back()) != is_word(text[at..].chars().next())
    }

    /// The next way to try.
    fn back(&self, text: &str, room: &mut Room, base: usize, steps: &mut usize) -> Option<(usize, usize)> {
        loop {
            if room.back.len() <= base {
                return None;
            }
            match room.back.pop()? {
                Back::To { op, at } => return Some((op, at)),
                Back::Slot { slot, was } => room.slots[slot] = was,
                Back::Shorter { op, floor, at } => {
                    let Op::Run(run) = &self.program[op] else { return None };
                    let shorter = before(text, at);
                    if let Some(to) = run.settle(op, text, floor, shorter, room, steps) {
                        return Some((op + 1, to));
                    }
                }
                Back::Longer { op, at, more } => {
                    let Op::Run(run) = &self.program[op] else { return None };
                    if let Some(next) = run.set.after(text, at)
                        && let Some(to) = run.stretch(op, text, next, more - 1, room, steps)
                    {
                        return Some((op + 1, to));
                    }
                }
            }
        }
    }

    fn add(&mut self, pattern: &Hir) -> Option<()> {
        if self.program.len() > MOST_OPS {
            return None;
        }
        match pattern.kind() {
            HirKind::Empty => {}
            HirKind::Literal(text) => self.program.push(Op::Text(text.0.clone())),
            HirKind::Class(_) => self.program.push(Op::run(Set::of(pattern)?, 1, 1, true)),
            HirKind::Look(look @ (Look::Start | Look::End | Look::StartLF | Look::EndLF)) => {
                self.program.push(Op::Look(*look));
            }
            HirKind::Look(Look::WordAscii) => self.program.push(Op::Boundary { negated: false, ascii: true }),
            HirKind::Look(_) => return None,
            HirKind::Repetition(repetition) => self.repeat(repetition)?,
            HirKind::Capture(group) => {
                let slot = 2 * usize::try_from(group.index).ok()?;
                if slot + 1 >= self.slots {
                    return None;
                }
                self.program.push(Op::Save(slot));
                self.add(&group.sub)?;
                self.program.push(Op::Save(slot + 1));
            }
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.add(part))?,
            HirKind::Alternation(ways) => {
                self.branched(ways, &mut |made, way| made.add(way).ok_or(())).ok()?;
            }
        }
        Some(())
    }

    fn add_step(&mut self, step: &Step, expand: Expand<'_>) -> Result<(), Decline> {
        let large = || Decline::new("the pattern is too large");
        if self.program.len() > MOST_OPS {
            return Err(large());
        }
        match step {
            Step::Syntax(template) => {
                let syntax = expand(template)?;
                let pattern = regex_syntax::Parser::new().parse(&syntax);
                let pattern = pattern.map_err(|_| Decline::new("the pattern is not in the regex crate's syntax"))?;
                self.add(&pattern).ok_or_else(large)
            }
            Step::Concat(parts) => parts.iter().try_for_each(|part| self.add_step(part, expand)),
            Step::Branch(ways) => self.branched(ways, &mut |made, way| made.add_step(way, expand)),
            Step::Group(group, of) => {
                let slot = 2 * group;
                if slot + 1 >= self.slots {
                    return Err(Decline::new("the pattern's groups are not what they seem"));
                }
                self.program.push(Op::Save(slot));
                self.add_step(of, expand)?;
                self.program.push(Op::Save(slot + 1));
                Ok(())
            }
            Step::Repeat { least, most, greedy, of } => {
                self.repeated(*least, most.unwrap_or(usize::MAX), *greedy, &mut |made| made.add_step(of, expand))
            }
            Step::Around { behind, negated, of } => {
                let hole = self.hole();
                self.add_step(of, expand)?;
                self.program.push(Op::Done);
                self.program[hole] = Op::Around { next: self.program.len(), behind: *behind, negated: *negated };
                Ok(())
            }
            Step::Boundary { negated, ascii } => {
                self.program.push(Op::Boundary { negated: *negated, ascii: *ascii });
                Ok(())
            }
            Step::End => {
                self.program.push(Op::End);
                Ok(())
            }
            Step::Back(group) if 2 * group + 1 < self.slots => {
                self.program.push(Op::Back(2 * group));
                Ok(())
            }
            Step::Back(_) => Err(Decline::new("the pattern's groups are not what they seem")),
        }
    }

    fn repeat(&mut self, repetition: &Repetition) -> Option<()> {
        let least = repetition.min as usize;
        let most = repetition.max.map_or(usize::MAX, |most| most as usize);
        if let Some(set) = Set::of(&repetition.sub) {
            self.program.push(Op::run(set, least, most, repetition.greedy));
            return Some(());
        }
        // What can match nothing would go round for ever.
        if most > 1 && repetition.sub.properties().minimum_len().is_none_or(|least| least == 0) {
            return None;
        }
        self.repeated(least, most, repetition.greedy, &mut |made| made.add(&repetition.sub).ok_or(())).ok()
    }

    /// What `add` adds for one of these or another, the first that does.
    fn branched<W, E>(&mut self, ways: &[W], add: &mut dyn FnMut(&mut Self, &W) -> Result<(), E>) -> Result<(), E> {
        let Some((last, others)) = ways.split_last() else { return Ok(()) };
        let mut ends = Vec::with_capacity(others.len());
        for way in others {
            let split = self.hole();
            add(self, way)?;
            ends.push(self.hole());
            self.program[split] = Op::Split(split + 1, self.program.len());
        }
        add(self, last)?;
        let end = self.program.len();
        for at in ends {
            self.program[at] = Op::Jump(end);
        }
        Ok(())
    }

    /// What `add` adds, so many times.
    fn repeated<E>(
        &mut self,
        least: usize,
        most: usize,
        greedy: bool,
        add: &mut dyn FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        for _ in 0..least {
            add(self)?;
        }
        let mut splits = Vec::new();
        if most == usize::MAX {
            let split = self.hole();
            add(self)?;
            self.program.push(Op::Jump(split));
            splits.push(split);
        } else {
            for _ in least..most {
                splits.push(self.hole());
                add(self)?;
            }
        }
        let out = self.program.len();
        for at in splits {
            self.program[at] = if greedy { Op::Split(at + 1, out) } else { Op::Split(out, at + 1) };
        }
        Ok(())
    }

    /// A place for an operation that is known later.
    fn hole(&mut self) -> usize {
        self.program.push(Op::Jump(0));
        self.program.len() - 1
    }

    /// Tells a run what can come after it.
    fn look_ahead(&mut self, at: usize) {
        if !matches!(self.program[at], Op::Run(_)) {
            return;
        }
        let mut next = Box::new([false; 257]);
        let mut seen = vec![false; self.program.len()];
        let known = self.firsts(at + 1, &mut next, &mut seen);
        if let (true, Op::Run(run)) = (known, &mut self.program[at]) {
            run.whole = run.greedy && (0..256).all(|byte| run.set.bytes[byte] == In::No || !next[byte]);
            run.next = Some(next);
        }
    }

    /// Adds the first bytes of what matches from there on; false where that may be anything.
    fn firsts(&self, op: usize, next: &mut [bool; 257], seen: &mut [bool]) -> bool {
        if std::mem::replace(&mut seen[op], true) {
            return true;
        }
        match &self.program[op] {
            Op::Text(text) => {
                next[usize::from(text[0])] = true;
                true
            }
            Op::Run(run) => {
                for (first, is_in) in next.iter_mut().zip(run.set.bytes) {
                    *first |= is_in != In::No;
                }
                run.least > 0 || self.firsts(op + 1, next, seen)
            }
            Op::Look(Look::End) => {
                next[END] = true;
                true
            }
            Op::End => {
                next[END] = true;
                next[usize::from(b'\n')] = true;
                true
            }
            // What follows is all that can follow.
            Op::Around { next: behind, .. } => self.firsts(*behind, next, seen),
            Op::Look(_) | Op::Back(_) | Op::Done => false,
            Op::Save(_) | Op::Boundary { .. } => self.firsts(op + 1, next, seen),
            Op::Jump(to) => self.firsts(*to, next, seen),
            Op::Split(one, other) => self.firsts(*one, next, seen) && self.firsts(*other, next, seen),
        }
    }
}

/// What a match's groups are.
fn read_groups<'t, T>(
    text: &'t str,
    room: &Room,
    read: impl FnOnce(&mut dyn Iterator<Item = Option<&'t str>>) -> T,
) -> T {
    let bounds = room.slots.chunks_exact(2);
    read(&mut bounds.map(|b| if b[1] == NOWHERE { None } else { text.get(b[0]..b[1]) }))
}

/// Takes so many steps; the next operation finds out that none are left.
#[inline]
fn spend(steps: &mut usize, done: usize) {
    *steps = steps.saturating_sub(done);
}

/// The place so many characters before another, if there are so many.
fn back_by(text: &str, at: usize, characters: usize) -> Option<usize> {
    if characters == 0 {
        return Some(at);
    }
    text[..at].char_indices().rev().nth(characters - 1).map(|(place, _)| place)
}

impl Op {
    fn run(set: Set, least: usize, most: usize, greedy: bool) -> Self {
        Self::Run(Box::new(Run { set, least, most, greedy, next: None, whole: false }))
    }
}

impl Run {
    /// The run's end at the first try.
    #[inline]
    fn first(&self, op: usize, text: &str, start: usize, room: &mut Room, steps: &mut usize) -> Option<usize> {
        let mut at = start;
        for done in 0..self.least {
            let Some(next) = self.set.after(text, at) else {
                spend(steps, done);
                return None;
            };
            at = next;
        }
        if !self.greedy {
            spend(steps, at - start);
            return self.stretch(op, text, at, self.most - self.least, room, steps);
        }
        let floor = at;
        at = self.set.run(text, at, self.most - self.least);
        spend(steps, at - start);
        if self.whole { self.may_end(text, at).then_some(at) } else { self.settle(op, text, floor, at, room, steps) }
    }

    /// The longest run that ends here or before, where what comes next can come.
    fn settle(
        &self,
        op: usize,
        text: &str,
        floor: usize,
        mut at: usize,
        room: &mut Room,
        steps: &mut usize,
    ) -> Option<usize> {
        while !self.may_end(text, at) {
            if at == floor {
                return None;
            }
            spend(steps, 1);
            at = before(text, at);
        }
        if at > floor {
            room.back.push(Back::Shorter { op, floor, at });
        }
        Some(at)
    }

    /// The shortest run that ends here or behind.
    fn stretch(
        &self,
        op: usize,
        text: &str,
        mut at: usize,
        mut more: usize,
        room: &mut Room,
        steps: &mut usize,
    ) -> Option<usize> {
        while !self.may_end(text, at) {
            if more == 0 {
                return None;
            }
            spend(steps, 1);
            at = self.set.after(text, at)?;
            more -= 1;
        }
        if more > 0 {
            room.back.push(Back::Longer { op, at, more });
        }
        Some(at)
    }

    #[inline]
    fn may_end(&self, text: &str, at: usize) -> bool {
        let Some(next) = &self.next else { return true };
        next[text.as_bytes().get(at).map_or(END, |byte| usize::from(*byte))]
    }
}

impl Set {
    /// Of what matches one character and no more.
    fn of(pattern: &Hir) -> Option<Self> {
        let ranges: Vec<(char, char)> = match pattern.kind() {
            HirKind::Class(Class::Unicode(class)) => class.iter().map(|r| (r.start(), r.end())).collect(),
            HirKind::Literal(text) => {
                let mut chars = str::from_utf8(&text.0).ok()?.chars();
                let (Some(only), None) = (chars.next(), chars.next()) else { return None };
                vec![(only, only)]
            }
            _ => return None,
        };
        let mut bytes = [In::No; 256];
        for (from, to) in &ranges {
            for byte in u32::from(*from)..=u32::from(*to).min(0x7F) {
                bytes[byte as usize] = In::Yes;
            }
            if *to > '\x7F' {
                bytes[0x80..].fill(In::LookUp);
            }
        }
        Some(Self { bytes, ranges })
    }

    /// The place behind characters that are in, as many as there are and no more than so many.
    #[inline]
    fn run(&self, text: &str, mut at: usize, mut most: usize) -> usize {
        let bytes = text.as_bytes();
        loop {
            let ascii = &bytes[at..at.saturating_add(most).min(bytes.len())];
            let run = ascii.iter().position(|byte| self.bytes[usize::from(*byte)] != In::Yes).unwrap_or(ascii.len());
            (at, most) = (at + run, most - run);
            match self.wide(text, at) {
                Some(next) if most > 0 => (at, most) = (next, most - 1),
                _ => return at,
            }
        }
    }

    /// The place after a character there of more than one byte, if that is in.
    #[inline]
    fn wide(&self, text: &str, at: usize) -> Option<usize> {
        match text.as_bytes().get(at) {
            Some(byte) if self.bytes[usize::from(*byte)] == In::LookUp => self.after(text, at),
            _ => None,
        }
    }

    /// The place after the character there, if that is in.
    #[inline]
    fn after(&self, text: &str, at: usize) -> Option<usize> {
        match self.bytes[usize::from(*text.as_bytes().get(at)?)] {
            In::Yes => Some(at + 1),
            In::No => None,
            In::LookUp => {
                let c = text.get(at..)?.chars().next()?;
                let i = self.ranges.partition_point(|(_, to)| *to < c);
                (self.ranges.get(i)?.0 <= c).then_some(at + c.len_utf8())
            }
        }
    }
}

/// The place before the character that ends there.
fn before(text: &str, at: usize) -> usize {
    let mut at = at - 1;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
