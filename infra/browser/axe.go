package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe-core/axe.min.js
var axe string

// Violation is a rule of accessibility that a page breaks.
type Violation struct {
	Rule  string   `json:"rule"`  // as axe-core calls it: color-contrast
	Help  string   `json:"help"`  // what to do
	Where []string `json:"where"` // CSS selectors, each with what is wrong there
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s\n\t%s", v.Rule, v.Help, strings.Join(v.Where, "\n\t"))
}

// judge runs some rules, or all those of WCAG 2.0 to 2.2, levels A and AA, and what axe-core counts as best practice. Without
// preload: it would fetch the style sheets again, which our policies refuse.
const judge = `(rules) => axe.run([...document.querySelectorAll('dialog:modal')].at(-1) ?? document, {
	runOnly: rules.length > 0 ? { type: 'rule', values: rules } : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
	resultTypes: ['violations'], preload: false,
}).then((result) => result.violations.map((v) => ({
	rule: v.id, help: v.help + ' (' + v.helpUrl + ')',
	where: v.nodes.map((n) => n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ')),
})))`

// Axe tells what is inaccessible on the page that a tab shows, as it is now: in a modal dialog where one is open, for nothing
// else can be reached. It runs the given rules of axe-core, or all. Scripts must be allowed to run; the page's own policy
// may forbid them.
func Axe(ctx context.Context, rules ...string) ([]Violation, error) {
	there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`'axe' in window`))
	if err != nil {
		return nil, err
	}
	if !there {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](axe+"; true")); err != nil {
			return nil, fmt.Errorf("bringing axe-core to the page: %w", err)
		}
	}
	asked, err := json.Marshal(append([]string{}, rules...))
	if err != nil {
		return nil, err
	}
	call := fmt.Sprintf("(%s)(%s)", judge, asked)
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]Violation](call, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, fmt.Errorf("running axe-core: %w", err)
	}
	return found, nil
}
