package web

import (
	"context"
	"convoc/shared/answer"
	"convoc/shared/convocation"
)

// What the secretary does about one recipient, or about all replies.

// recipientPath reads the two identifiers of a recipient's route.
func recipientPath(c call) (convocation.ID, convocation.RecipientID, error) {
	id, err := convocationID(c)
	if err != nil {
		return "", "", err
	}
	who, err := pathID[convocation.RecipientID](c, "recipient", convocation.RecipientPrefix)
	return id, who, err
}

func (a Admin) replies(ctx context.Context, c call, _ none) (replyAnswer, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return replyAnswer{}, err
	}
	r, replies, err := a.Follow.Replies(ctx, c.h, id, who)
	if err != nil {
		return replyAnswer{}, err
	}
	out := replyAnswer{Name: r.Name, Address: string(r.Address), Versions: []versionAnswer{}}
	for _, p := range replies {
		v := versionAnswer{
			Version: p.Version, At: instant(p.At), Text: p.Text, Documents: documentsOut(p.Documents),
			Presence: string(p.Choice.Presence), Holder: p.Holder,
		}
		if b := p.Behalf; b != nil {
			v.Behalf = &behalfAnswer{b.By, string(b.Way), b.Reason}
		}
		for i, d := range p.Documents {
			v.Documents[i].Scan = scanOf(d.Scan)
		}
		out.Versions = append(out.Versions, v)
	}
	return out, nil
}

// scanOf says whether an antivirus has looked.
func scanOf(s convocation.Scan) string {
	if s == convocation.ScanNone {
		return "not_scanned"
	}
	return string(s)
}

func (a Admin) record(ctx context.Context, c call, r recordRequest) (recordedAnswer, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return recordedAnswer{}, err
	}
	reply, err := a.Answer.Record(ctx, c.h, id, who, r.After, answer.Typed{
		Text:   r.Text,
		Choice: convocation.Choice{Presence: convocation.Presence(r.Presence), Holder: convocation.PersonID(r.Holder)},
	}, convocation.Behalf{By: c.session.Login, Way: convocation.Way(r.Way), Reason: r.Reason})
	return recordedAnswer{reply.Version}, err
}

func (a Admin) correct(ctx context.Context, c call, r addressRequest) (resentAnswer, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return resentAnswer{}, err
	}
	n, err := a.Dispatch.CorrectAddress(ctx, c.h, c.session.Login, id, who, r.Address)
	return resentAnswer{n}, err
}

func (a Admin) revoke(ctx context.Context, c call, _ empty) (none, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return none{}, err
	}
	return none{}, a.Dispatch.Revoke(ctx, c.h, c.session.Login, id, who)
}

func (a Admin) revokeAll(ctx context.Context, c call, _ empty) (closedAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return closedAnswer{}, err
	}
	n, err := a.Dispatch.RevokeAll(ctx, c.h, c.session.Login, id)
	return closedAnswer{n}, err
}

func (a Admin) zipReplies(ctx context.Context, c call, _ empty) (urlAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return urlAnswer{}, err
	}
	url, err := a.Follow.Zip(ctx, c.h, id, "Réponses")
	return urlAnswer{url}, err
}

func (a Admin) downloadReply(ctx context.Context, c call, _ empty) (urlAnswer, error) {
	id, who, err := recipientPath(c)
	if err != nil {
		return urlAnswer{}, err
	}
	doc, err := pathID[convocation.DocumentID](c, "document", convocation.DocumentPrefix)
	if err != nil {
		return urlAnswer{}, err
	}
	url, err := a.Follow.Download(ctx, c.h, id, who, doc)
	return urlAnswer{url}, err
}
