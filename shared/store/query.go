package store

import (
	"context"
	"errors"
	"strings"

	"convoc/shared/table"
)

// each walks all pages of a query until visit returns false.
func each(ctx context.Context, t table.Table, q table.Query, visit func(table.Item) bool) error {
	for {
		page, err := t.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if !visit(item) {
				return nil
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// cutLast splits a key at its last '#'.
func cutLast(sort string) (before, last string, found bool) {
	i := strings.LastIndexByte(sort, '#')
	if i < 0 {
		return "", sort, false
	}
	return sort[:i], sort[i+1:], true
}

func isCondition(err error) bool { return errors.Is(err, table.ErrCondition) }

func isNotFound(err error) bool { return errors.Is(err, table.ErrNotFound) }
