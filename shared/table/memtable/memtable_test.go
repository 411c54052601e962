package memtable_test

import (
	"testing"

	"convoc/shared/table"
	"convoc/shared/table/memtable"
	"convoc/shared/table/tabletest"
)

func TestConformance(t *testing.T) {
	tabletest.Run(t, func(*testing.T) table.Table { return memtable.New() })
}
