import { Skeleton, Table, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconSelector } from '@tabler/icons-react';
import { tableFeatures, useTable, type ColumnDef } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import classes from './data-table.module.css';

// Rows come filtered, sorted and paged from the service, so none of the features that do so here is registered.
const features = tableFeatures({});

/** A column. `id` is also the name the service sorts by when `sort` is given. */
export type TableColumn<Row extends object> = ColumnDef<typeof features, Row> & {
  readonly id: string;
  readonly meta?: {
    readonly isNumeric?: boolean;
    readonly sort?: 'ascending' | 'descending';
    readonly isWide?: boolean;
  };
};

interface DataTableProps<Row extends object> {
  /** Says what the rows are. */
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  /** Undefined until the first answer. Old rows stay while new ones are fetched. */
  readonly rows: Row[] | undefined;
  readonly rowId: (row: Row) => string;
  readonly sort?: string | undefined;
  readonly onSort?: ((column: string) => void) | undefined;
  readonly onOpen?: ((row: Row) => void) | undefined;
  readonly selectedId?: string | undefined;
  /** Shown instead of the rows when there are none. */
  readonly empty: ReactNode;
  readonly minWidth?: number;
}

const NO_ROWS: never[] = [];
const SKELETON_ROWS = [0, 1, 2, 3, 4];

/** The one table of the console. A row opens with a click; its first cell holds the button for the keyboard. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { columns, rows, rowId, onOpen, selectedId } = props;
  const table = useTable({
    features,
    columns: columns as ColumnDef<typeof features, Row>[],
    data: rows ?? (NO_ROWS as Row[]),
    getRowId: rowId,
  });
  if (rows?.length === 0) return <>{props.empty}</>;
  return (
    <div
      className={classes.scroller}
      role="region"
      aria-label={props.caption}
      // Without a button inside, only this lets the keyboard scroll it.
      tabIndex={onOpen ? undefined : 0}
    >
      <Table
        className={classes.table}
        miw={{ base: 480, sm: props.minWidth ?? 720 }}
        verticalSpacing="sm"
        horizontalSpacing="md"
        highlightOnHover={!!onOpen}
      >
        <caption className={classes.caption}>{props.caption}</caption>
        <Table.Thead>
          {table.getHeaderGroups().map((group) => (
            <Table.Tr key={group.id}>
              {group.headers.map((header) => (
                <HeaderCell
                  key={header.id}
                  column={header.column.columnDef as TableColumn<Row>}
                  sort={props.sort}
                  onSort={props.onSort}
                >
                  <table.FlexRender header={header} />
                </HeaderCell>
              ))}
            </Table.Tr>
          ))}
        </Table.Thead>
        <Table.Tbody>
          {rows === undefined && <SkeletonRows columns={columns.length} />}
          {table.getRowModel().rows.map((row) => (
            <Table.Tr
              key={row.id}
              className={onOpen && classes.openable}
              data-selected={row.id === selectedId || undefined}
              onClick={onOpen && (() => onOpen(row.original))}
            >
              {row.getAllCells().map((cell) => (
                <Table.Td key={cell.id} {...cellMarks(cell.column.columnDef as TableColumn<Row>)}>
                  <table.FlexRender cell={cell} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

interface HeaderCellProps<Row extends object> {
  readonly column: TableColumn<Row>;
  readonly sort: string | undefined;
  readonly onSort: ((column: string) => void) | undefined;
  readonly children: ReactNode;
}

function HeaderCell<Row extends object>({ column, sort, onSort, children }: HeaderCellProps<Row>) {
  const direction = column.meta?.sort;
  const marks = cellMarks(column);
  if (!direction || !onSort) {
    return (
      <Table.Th scope="col" {...marks}>
        {children}
      </Table.Th>
    );
  }
  const isSorted = sort === column.id;
  const SortedIcon = direction === 'ascending' ? IconArrowUp : IconArrowDown;
  return (
    <Table.Th scope="col" {...marks} aria-sort={isSorted ? direction : 'none'}>
      <UnstyledButton className={classes.sort} onClick={() => onSort(column.id)}>
        {children}
        {isSorted ? <SortedIcon size={14} aria-hidden /> : <IconSelector size={14} aria-hidden />}
      </UnstyledButton>
    </Table.Th>
  );
}

/** Figures stand to the right; columns that a narrow screen can do without are left out there. */
function cellMarks<Row extends object>({ meta }: TableColumn<Row>) {
  return { 'data-numeric': meta?.isNumeric || undefined, 'data-wide': meta?.isWide || undefined };
}

function SkeletonRows({ columns }: { columns: number }) {
  return SKELETON_ROWS.map((row) => (
    <Table.Tr key={row}>
      {Array.from({ length: columns }, (_, column) => (
        <Table.Td key={column}>
          <Skeleton h={18} my={6} />
          {row === 0 && column === 0 && <VisuallyHidden role="status">Loading</VisuallyHidden>}
        </Table.Td>
      ))}
    </Table.Tr>
  ));
}
