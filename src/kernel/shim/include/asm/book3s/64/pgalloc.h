/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables come from the shim, and it sees which table is hung into which. */
#ifndef RCFUZZ_ASM_PGALLOC_H
#define RCFUZZ_ASM_PGALLOC_H
void rcfuzz_table_linked(void *parent_entry, void *table);
void *rcfuzz_pgtable_alloc(unsigned long bytes);
void rcfuzz_pgtable_free(void *table, unsigned long bytes);
#define p4d_populate kernel_p4d_populate
#define pud_populate kernel_pud_populate
#define pmd_populate kernel_pmd_populate
#define pgd_alloc kernel_pgd_alloc
#define pgd_free kernel_pgd_free
#define pud_alloc_one kernel_pud_alloc_one
#define pud_free kernel_pud_free
#include_next <asm/book3s/64/pgalloc.h>
#undef p4d_populate
#undef pud_populate
#undef pmd_populate
#undef pgd_alloc
#undef pgd_free
#undef pud_alloc_one
#undef pud_free
static inline void p4d_populate(struct mm_struct *mm, p4d_t *p4d, pud_t *pud)
{
	kernel_p4d_populate(mm, p4d, pud);
	rcfuzz_table_linked(p4d, pud);
}
static inline void pud_populate(struct mm_struct *mm, pud_t *pud, pmd_t *pmd)
{
	kernel_pud_populate(mm, pud, pmd);
	rcfuzz_table_linked(pud, pmd);
}
static inline void pmd_populate(struct mm_struct *mm, pmd_t *pmd, pgtable_t pte)
{
	kernel_pmd_populate(mm, pmd, pte);
	rcfuzz_table_linked(pmd, pte);
}
static inline pgd_t *pgd_alloc(struct mm_struct *mm)
{
	return rcfuzz_pgtable_alloc(RADIX_PGD_TABLE_SIZE);
}
static inline void pgd_free(struct mm_struct *mm, pgd_t *pgd)
{
	rcfuzz_pgtable_free(pgd, RADIX_PGD_TABLE_SIZE);
}
static inline pud_t *pud_alloc_one(struct mm_struct *mm, unsigned long addr)
{
	return rcfuzz_pgtable_alloc(RADIX_PUD_TABLE_SIZE);
}
static inline void pud_free(struct mm_struct *mm, pud_t *pud)
{
	rcfuzz_pgtable_free(pud, RADIX_PUD_TABLE_SIZE);
}
#endif
