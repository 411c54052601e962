package answer_test

import (
	"testing"
	"time"

	"convoc/shared/answer"
	"convoc/shared/convocation"
	"convoc/shared/worldtest"
)

// Each reply may tell others by mail: nobody floods them.
func TestSoManyRepliesAndNoMore(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 2)
	present := convocation.Choice{Presence: convocation.Present}
	for range convocation.MaxReplies {
		mustChoose(t, w, "e0@x.fr", present)
	}
	if err := choose(t, w, "e0@x.fr", present); !is(err, convocation.ErrTooManyReplies) {
		t.Errorf("one too many: got %v", err)
	}
	if _, err := record(w, id, "e0@x.fr", convocation.MaxReplies, answer.Typed{Choice: present}); err != nil {
		t.Errorf("the secretary records it: %v", err)
	}
}

// What is written down once the meeting has begun is news to nobody.
func TestReplyRecordedAfterTheMeeting(t *testing.T) {
	w := worldtest.New(t)
	id := convened(t, w, 2)
	w.Clock = worldtest.Meeting.Add(48 * time.Hour)
	if _, err := record(w, id, "e0@x.fr", 0, answer.Typed{Choice: proxyTo(person(w, id, "e1@x.fr"))}); err != nil {
		t.Fatal(err)
	}
	w.Pass(3, time.Minute)
	if len(w.Mail.Told) > 0 {
		t.Errorf("told %q", w.Mail.Told)
	}
}
