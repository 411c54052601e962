package simtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"convoc/shared/answer"
	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/link"
	"convoc/shared/mail"
)

// truth is what really happened, which the product is not told: it holds each write of a recipient against it.
type truth struct {
	sim    *Sim
	seen   map[who]convocation.Recipient // as they were written last
	orders map[order]*tally
	taken  map[mail.Tags]int
	copies map[string]int // accepted mails of the attempt with that digest
	of     map[string]who // whose attempt has that digest
	strays int
	heard  int // events that were noted
}

// who is a recipient, or a notice to her.
type who struct {
	town collectivity.ID
	ref  convocation.RecipientRef
}

// order is an order of one recipient. What tables that were put back do not know any more is ordered anew: a reminder that
// falls due again has the name that it had.
type order struct {
	who
	id     convocation.OrderID
	copies int // of the tables that had been put back
}

// tally is what came of an order.
type tally struct {
	copies   int
	unknowns map[string]bool // digests of the attempts whose outcome nobody knew
}

func newTruth(s *Sim) *truth {
	return &truth{
		sim: s, seen: map[who]convocation.Recipient{}, orders: map[order]*tally{}, taken: map[mail.Tags]int{},
		copies: map[string]int{}, of: map[string]who{},
	}
}

func (t *truth) tally(w who, id convocation.OrderID) *tally {
	o := order{w, id, t.sim.copies}
	if t.orders[o] == nil {
		t.orders[o] = &tally{unknowns: map[string]bool{}}
	}
	return t.orders[o]
}

// left tells whether a mail of an order was ever accepted.
func (t *truth) left(w who, id convocation.OrderID) bool {
	for n := range t.sim.copies + 1 {
		if of := t.orders[order{w, id, n}]; of != nil && of.copies > 0 {
			return true
		}
	}
	return false
}

func (t *truth) took(tags mail.Tags) bool { return t.taken[tags] > 0 }

// written looks at what a process may have written.
func (t *truth) written(name string, key keyed) {
	w, is := recipientAt(name, key)
	if !is {
		return
	}
	next, err := t.sim.handle(w.town).Recipient(context.Background(), w.ref)
	if err != nil {
		return // a condition failed: it is not there
	}
	prev := t.seen[w]
	t.seen[w] = next
	if t.sim.keep {
		t.sim.trace(string(w.ref.Recipient), string(w.ref.Notice), string(next.Order), fmt.Sprint(next.LastN()), string(next.Standing(t.sim.now).Status))
	}
	if prev.ID == "" {
		return
	}
	t.sim.failAs(shrunk(prev, next))
	t.claimed(w, prev, next)
	t.outcomes(w, prev, next)
}

// claimed holds a new attempt against the state before it.
func (t *truth) claimed(w who, prev, next convocation.Recipient) {
	if next.LastN() <= prev.LastN() {
		return
	}
	a := next.Attempts[len(next.Attempts)-1]
	t.of[string(a.Digest)] = w
	p := t.sim.task.of
	if s := prev.Standing(p.now()).Status; s != convocation.Pending && s != convocation.Retry {
		t.sim.fail("I3: attempt %d of %s was claimed although it is %s", a.N, w.ref.Recipient, s)
	}
	if at := t.sim.restoredAt; !at.IsZero() && !next.OrderAt.After(at) {
		t.sim.fail("attempt %d of %s, which was ordered before a backup was put back", a.N, w.ref.Recipient)
	}
	if a.Owner != p.owner {
		t.sim.fail("attempt %d of %s is %s's, and was claimed by %s", a.N, w.ref.Recipient, a.Owner, p.owner)
	}
}

// outcomes holds what is noted of attempts against what became of them.
func (t *truth) outcomes(w who, prev, next convocation.Recipient) {
	for _, a := range next.Attempts {
		digest := string(a.Digest)
		if !a.Sent().IsZero() && t.copies[digest] == 0 {
			t.sim.report.FalseSent++
			t.sim.fail("I1: attempt %d of %s counts as accepted, and was not", a.N, w.ref.Recipient)
		}
		switch of := t.tally(w, a.Order); {
		case a.UnknownAt.IsZero(): // or it was disproved
			delete(of.unknowns, digest)
		default:
			if of.unknowns[digest] = true; len(of.unknowns) > convocation.MaxUnknowns+1 {
				t.sim.fail("I2: %d outcomes of %s are unknown", len(of.unknowns), w.ref.Recipient)
			}
		}
	}
	for _, a := range prev.Attempts { // what was given back did not leave
		kept := slices.ContainsFunc(next.Attempts, func(b convocation.Attempt) bool { return b.N == a.N })
		if !kept && a.N > next.LastN() && t.copies[string(a.Digest)] > 0 {
			t.sim.fail("I4: attempt %d of %s was given back, and had been accepted", a.N, w.ref.Recipient)
		}
	}
}

// accepted notes a mail that the service took, and gives the link in it; empty in a notice.
func (t *truth) accepted(e mail.Envelope) string {
	s, tags := t.sim, e.Tags
	t.taken[tags]++
	w := who{collectivity.ID(tags.Collectivity), convocation.RecipientRef{
		Convocation: convocation.ID(tags.Convocation), Recipient: convocation.RecipientID(tags.Recipient), Notice: convocation.NoticeID(tags.Notice),
	}}
	ctx, h := context.Background(), s.handle(w.town)
	c, err := h.Convocation(ctx, w.ref.Convocation)
	if err != nil {
		s.fail("I4: a mail of no convocation: %v", err)
		return ""
	}
	w.ref.Shard = convocation.ShardOf(w.ref.Recipient, c.Shards)
	r, err := h.Recipient(ctx, w.ref)
	i := slices.IndexFunc(r.Attempts, func(a convocation.Attempt) bool { return a.N == tags.Attempt })
	if err != nil || i < 0 {
		if s.copies == 0 {
			s.fail("I4: a mail of attempt %d of %s, which was never written (%v)", tags.Attempt, tags.Recipient, err)
		}
		return ""
	}
	a := r.Attempts[i]
	token := t.link(e, w)
	if token != nil {
		if digest := link.DigestOf(token.Secret); !bytes.Equal(a.Digest, digest[:]) {
			if s.copies == 0 {
				s.fail("I10: mail %d to %s has the link of another attempt", a.N, r.ID)
			}
			return ""
		}
	}
	t.steered(c, r, a)
	if t.copies[string(a.Digest)]++; t.copies[string(a.Digest)] > 1 {
		s.fail("I4: attempt %d of %s was accepted twice", a.N, r.ID)
	}
	of := t.tally(w, a.Order)
	if of.copies++; of.copies > 1+len(of.unknowns) || of.copies > 3 {
		s.fail("I2: %d copies of one order of %s, with %d unknown outcomes", of.copies, r.ID, len(of.unknowns))
	}
	if of.copies > 1 && s.profile != All {
		s.fail("I2′: two copies of one order of %s, and no event was lost", r.ID)
	}
	if token == nil {
		return ""
	}
	return token.String()
}

// obeyed is how long what is under way may take to come to its end: a call, and those before it, which may be slow.
const obeyed = 5 * time.Minute

// steered: nothing leaves while the secretary has suspended the sending, nor after she has cancelled it.
func (t *truth) steered(c convocation.Convocation, r convocation.Recipient, a convocation.Attempt) {
	if r.Notice.ID != "" {
		return
	}
	now := t.sim.now
	if at := c.PausedAt; !at.IsZero() && now.Sub(at) > obeyed {
		t.sim.fail("mail %d to %s left although its sending was suspended %s ago", a.N, r.ID, now.Sub(at))
	}
	if at := c.StoppedAt; !at.Before(r.OrderAt) && now.Sub(at) > obeyed {
		t.sim.fail("mail %d to %s left although its sending was cancelled %s ago", a.N, r.ID, now.Sub(at))
	}
}

var links = regexp.MustCompile(regexp.QuoteMeta(origin) + `([a-z2-7]+\.[A-Z2-7]+)`)

// link finds the one link in a mail; nil in a notice, which has none.
func (t *truth) link(e mail.Envelope, w who) *link.Token {
	found := map[string]bool{}
	for _, text := range texts(e.Raw) {
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			found[m[1]] = true
		}
	}
	if e.Tags.Notice != "" {
		if len(found) > 0 {
			t.sim.fail("I10: a notice to %s with a link", e.Tags.Recipient)
		}
		return nil
	}
	if len(found) != 1 {
		t.sim.fail("I10: a mail to %s with %d links", e.Tags.Recipient, len(found))
		return nil
	}
	for text := range found {
		token, err := link.Parse(text)
		if err != nil || token.Recipient != w.ref.Recipient || token.Convocation != w.ref.Convocation || token.Collectivity != w.town {
			t.sim.fail("I10: a mail to %s with the link of %s: %v", e.Tags.Recipient, token.Recipient, err)
		}
		return &token
	}
	return nil
}

// texts decodes the parts of a mail.
func texts(raw []byte) []string {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return nil
	}
	var all []string
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err != nil {
			return all
		}
		text, _ := io.ReadAll(quotedprintable.NewReader(part))
		all = append(all, string(text))
	}
}

// visited holds a visit against the mail whose link was followed.
func (t *truth) visited(v answer.Visit, e mail.Envelope) {
	if string(v.Recipient.ID) != e.Tags.Recipient || string(v.Convocation.ID) != e.Tags.Convocation || string(v.Handle.ID) != e.Tags.Collectivity {
		t.sim.fail("I10: the link of %s leads to %s", e.Tags.Recipient, v.Recipient.ID)
	}
}

// unknownLink holds a link that opens nothing against what is there: its attempt is not kept in full any more.
func (t *truth) unknownLink(e mail.Envelope) {
	if t.sim.copies == 0 && e.Tags.Attempt > t.last(e)-convocation.MaxAttempts {
		t.sim.fail("I10: the link of mail %d to %s opens nothing", e.Tags.Attempt, e.Tags.Recipient)
	}
}

// last is the number of the newest attempt for a mail's recipient.
func (t *truth) last(e mail.Envelope) int {
	for w, r := range t.seen {
		if string(w.ref.Recipient) == e.Tags.Recipient && w.ref.Notice == "" {
			return r.LastN()
		}
	}
	return 0
}

// stray notes an event that the product did not know what to do with: only a backup knows less than the service.
func (t *truth) stray(e mail.Event) {
	if t.strays++; t.sim.copies == 0 {
		t.sim.fail("an event of attempt %d of %s was a stray", e.Tags.Attempt, e.Tags.Recipient)
	}
}

// restored forgets what was written: the tables are a backup's.
func (t *truth) restored() { t.seen = map[who]convocation.Recipient{} }

// sumUp counts what happened.
func (t *truth) sumUp(r *Report) {
	r.Accepted, r.Orders = len(t.sim.service.accepted), len(t.orders)
	for _, of := range t.orders {
		r.Unknowns += len(of.unknowns)
		r.Duplicates += max(0, of.copies-1)
	}
}

// keyed is the key of an item.
type keyed = struct{ Partition, Sort string }

// recipientAt reads whose item a key is.
func recipientAt(name string, key keyed) (who, bool) {
	partition, sort := strings.Split(key.Partition, "#"), strings.Split(key.Sort, "#")
	if name != "data" || len(partition) != 3 || (sort[0] != "rcp" && sort[0] != "notice") {
		return who{}, false
	}
	shard, err := strconv.Atoi(strings.TrimPrefix(partition[2], "r"))
	w := who{collectivity.ID(partition[0]), convocation.RecipientRef{
		Convocation: convocation.ID(partition[1]), Shard: shard, Recipient: convocation.RecipientID(sort[1]),
	}}
	if sort[0] == "notice" {
		w.ref.Notice = convocation.NoticeID(sort[2])
	}
	return w, err == nil
}

// failAs notes what is wrong; nothing when nothing is.
func (s *Sim) failAs(what string) {
	if what != "" {
		s.fail("%s", what)
	}
}
