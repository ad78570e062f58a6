//! A small program for a browser, of arithmetic and of what documents can do, whose outcome is foreseen.

use std::fmt::Write;

use chacha20::ChaCha20Rng;
use rand_core::Rng;

/// How many registers a program has.
const REGISTERS: usize = 4;
/// What the registers are called in JavaScript.
const NAMES: [&str; REGISTERS] = ["a", "b", "c", "d"];
/// How many steps a program has.
const STEPS: usize = 32;
/// The bits of a number that a tree is made of.
const BRANCHES: u32 = 16;

/// The registers, of 32 bits each, as a program leaves them.
pub type Registers = [u32; REGISTERS];

/// What a step does to its target, with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    /// Adds it.
    Add,
    /// Multiplies by it, made odd.
    Multiply,
    /// Rotates by seven bits, and mixes it in.
    Rotate,
    /// Mixes in what an event brings along.
    Event,
    /// Adds a part of it, as a computed style says it.
    Style,
    /// Mixes in what became of a tree of elements that grew by its bits.
    Tree,
}

impl Operation {
    const ALL: [Self; 6] = [
        Self::Add,
        Self::Multiply,
        Self::Rotate,
        Self::Event,
        Self::Style,
        Self::Tree,
    ];

    const fn apply(self, target: u32, source: u32) -> u32 {
        match self {
            Self::Add => target.wrapping_add(source),
            Self::Multiply => target.wrapping_mul(source | 1),
            Self::Rotate => target.rotate_left(7) ^ source,
            Self::Event => target ^ source,
            Self::Style => target.wrapping_add(source & 1023),
            Self::Tree => target ^ tree(source),
        }
    }
}

/// The number of children of each element on the way up from where a tree last grew, but for its root.
const fn tree(bits: u32) -> u32 {
    // Why: from the last bit to the first, an element is the parent of all between its own bit and the next that is set.
    let (mut total, mut children, mut bit) = (0_u32, 0, BRANCHES);
    while bit > 0 {
        bit -= 1;
        if bits >> bit & 1 == 1 {
            total = total.wrapping_mul(31).wrapping_add(children);
            children = 0;
        }
        children += 1;
    }
    total
}

/// One line of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    operation: Operation,
    target: usize,
    source: usize,
}

impl Step {
    fn write(self, script: &mut String) -> std::fmt::Result {
        let (t, s) = (NAMES[self.target], NAMES[self.source]);
        match self.operation {
            Operation::Add => write!(script, "{t}={t}+{s}>>>0;"),
            Operation::Multiply => write!(script, "{t}=Math.imul({t},{s}|1)>>>0;"),
            Operation::Rotate => write!(script, "{t}=(({t}<<7|{t}>>>25)^{s})>>>0;"),
            Operation::Event => write!(
                script,
                "e.addEventListener(\"s\",v=>{t}=({t}^v.detail)>>>0,{{once:true}});\
                 e.dispatchEvent(new CustomEvent(\"s\",{{detail:{s}}}));"
            ),
            Operation::Style => write!(
                script,
                "e.style.order={s}&1023;{t}={t}+Number(getComputedStyle(e).order)>>>0;"
            ),
            Operation::Tree => write!(script, "{t}=({t}^tree({s}))>>>0;"),
        }
    }
}

/// Run a program in a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    registers: Registers,
    steps: [Step; STEPS],
}

impl Program {
    pub(super) fn new(rng: &mut ChaCha20Rng) -> Self {
        Self {
            registers: std::array::from_fn(|_| rng.next_u32()),
            steps: std::array::from_fn(|_| {
                let mut below = |bound: usize| rng.next_u32() as usize % bound;
                let target = below(REGISTERS);
                Step {
                    operation: Operation::ALL[below(Operation::ALL.len())],
                    target,
                    source: (target + 1 + below(REGISTERS - 1)) % REGISTERS,
                }
            }),
        }
    }

    /// The program in JavaScript, as an expression that runs in a document with a body and comes to the list of its
    /// registers.
    pub fn script(&self) -> String {
        let mut script = format!(
            "(()=>{{\
             const e=document.createElement(\"div\");\
             document.body.append(e);\
             const tree=v=>{{\
             let p=e,n=0;\
             for(let i=0;i<{BRANCHES};i++,v>>>=1){{const c=document.createElement(\"i\");p.append(c);if(v&1)p=c}}\
             for(;p!==e;p=p.parentNode)n=Math.imul(n,31)+p.childElementCount>>>0;\
             e.textContent=\"\";\
             return n}};"
        );
        for (name, value) in NAMES.iter().zip(self.registers) {
            // Why: writing to a string cannot fail.
            let _ = write!(script, "let {name}={value};");
        }
        for step in &self.steps {
            let _ = step.write(&mut script);
        }
        script.push_str("e.remove();return[a,b,c,d]})()");
        script
    }

    /// Whether the program leaves its registers so.
    pub fn accepts(&self, registers: &Registers) -> bool {
        self.outcome() == *registers
    }

    fn outcome(&self) -> Registers {
        self.steps
            .iter()
            .fold(self.registers, |mut registers, step| {
                let source = registers[step.source];
                let target = &mut registers[step.target];
                *target = step.operation.apply(*target, source);
                registers
            })
    }
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;

    fn program(seed: u8) -> Program {
        Program::new(&mut ChaCha20Rng::from_seed([seed; 32]))
    }

    #[test]
    fn only_its_own_outcome_is_accepted() {
        for seed in 0..50 {
            let program = program(seed);
            let mut registers = program.outcome();
            assert!(program.accepts(&registers));
            registers[usize::from(seed % 4)] ^= 1;
            assert!(!program.accepts(&registers));
            assert!(!program.accepts(&super::tests::program(seed + 100).outcome()));
        }
    }

    #[test]
    fn trees_are_counted_from_the_tip() {
        // No element has children but the root.
        assert_eq!(tree(0), 0);
        // The first element has the other fifteen.
        assert_eq!(tree(1), 15);
        // The last is the tip, and has none.
        assert_eq!(tree(1 << 15), 0);
        // The first has two, of which the second has thirteen.
        assert_eq!(tree(0b101), 13 * 31 + 2);
        assert_eq!(
            tree(0b101 | 1 << 20),
            13 * 31 + 2,
            "higher bits do not count"
        );
    }

    #[test]
    fn all_operations_are_used() {
        for operation in Operation::ALL {
            let uses = |seed| {
                program(seed)
                    .steps
                    .iter()
                    .any(|step| step.operation == operation)
            };
            assert!((0..20).any(uses), "{operation:?}");
        }
    }

    #[test]
    fn a_script_is_short() {
        assert!((0..50).all(|seed| program(seed).script().len() < 8000));
    }
}
